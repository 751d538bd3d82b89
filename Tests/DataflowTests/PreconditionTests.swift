import Dataflow
import TestSupport
import Testing

/// Settings that make no sense stop the program with the value in the message.
@Suite struct PreconditionTests {
  typealias Arrival = Timeline.Arrival

  @Test func `a watermark delay is not negative`() async {
    let result = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      _ = WatermarkTracker(inputCount: 1, delay: EventSpan(microseconds: -1))
    }
    #expect(result?.message.contains("watermark delay is negative: -1 us") == true)
  }

  @Test func `a task has an input`() async {
    let result = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      _ = WatermarkTracker(inputCount: 0, delay: .seconds(5))
    }
    #expect(result?.message.contains("a task needs at least one input") == true)
  }

  @Test func `a retention is not negative`() async {
    let result = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      _ = Deduplicate<Arrival, String>(by: { $0.key }, retention: EventSpan(microseconds: -7))
    }
    #expect(result?.message.contains("retention is negative: -7 us") == true)
  }

  @Test func `a join's interval is not empty`() async {
    let result = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      _ = IntervalJoin<Arrival, Arrival, String>(
        left: { $0.key },
        right: { $0.key },
        before: EventSpan(microseconds: 2),
        after: EventSpan(microseconds: -3),
        .inner
      )
    }
    #expect(result?.message.contains("interval is empty: 2 us before to -3 us after") == true)
  }

  @Test func `a row number's limit is at least one`() async {
    let result = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      _ = RowNumber<Arrival, String>(
        partitionBy: { $0.key },
        orderBy: { $0.id < $1.id },
        limit: 0
      )
    }
    #expect(result?.message.contains("row number limit is 0") == true)
  }

  @Test func `a window has a size`() async {
    let result = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      _ = TumblingWindow<Members, String>(size: .seconds(0), by: { $0.key })
    }
    #expect(result?.message.contains("window size is 0 us") == true)
  }

  @Test func `a session's gap is not negative`() async {
    let result = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      _ = SessionWindow<Members, String>(gap: EventSpan(microseconds: -1), by: { $0.key })
    }
    #expect(result?.message.contains("session gap is negative: -1 us") == true)
  }
}

extension ExitTest.Result {
  fileprivate var message: String { String(decoding: standardErrorContent, as: UTF8.self) }
}
