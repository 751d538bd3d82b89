import Dataflow
import Testing

@Suite struct WatermarkTrackerTests {
  private let clicks = 0
  private let checkouts = 1

  private func time(_ seconds: Int64) -> EventTime {
    EventTime(microseconds: seconds * 1_000_000)
  }

  private func tracker(inputCount: Int = 2) -> WatermarkTracker {
    WatermarkTracker(inputCount: inputCount, delay: .seconds(5))
  }

  @Test func `an input that was never read holds the task at the beginning`() {
    var tracker = tracker()
    tracker.observe(time(100), input: clicks)
    #expect(tracker.watermark == .beginning)
    #expect(tracker.watermark(ofInput: clicks) == time(95))
    #expect(tracker.watermark(ofInput: checkouts) == .beginning)
    #expect(tracker.heldBackBy == checkouts)
  }

  @Test func `the task's watermark is the smaller of its inputs'`() {
    var tracker = tracker()
    tracker.observe(time(10), input: clicks)
    tracker.observe(time(30), input: checkouts)
    #expect(tracker.watermark == time(5))
    #expect(tracker.heldBackBy == clicks)
    tracker.observe(time(12), input: clicks)
    #expect(tracker.watermark == time(7))
    tracker.observe(time(60), input: clicks)
    #expect(tracker.watermark == time(25))
    #expect(tracker.heldBackBy == checkouts)
  }

  @Test func `an event at the watermark is on time and one microsecond earlier is late`() {
    var tracker = tracker(inputCount: 1)
    tracker.observe(time(10), input: 0)
    #expect(!tracker.isLate(time(5)))
    #expect(tracker.isLate(EventTime(microseconds: 4_999_999)))
  }

  @Test func `an older event moves nothing`() {
    var tracker = tracker(inputCount: 1)
    tracker.observe(time(10), input: 0)
    tracker.observe(time(3), input: 0)
    #expect(tracker.watermark == time(5))
  }

  @Test func `an idle input does not hold the task back`() {
    var tracker = tracker()
    tracker.observe(time(10), input: clicks)
    tracker.setIdle(true, input: checkouts)
    #expect(tracker.watermark == time(5))
    #expect(tracker.heldBackBy == clicks)
    tracker.observe(time(20), input: clicks)
    #expect(tracker.watermark == time(15))
  }

  @Test func `an input that wakes up behind the task never moves it back`() {
    var tracker = tracker()
    tracker.observe(time(10), input: checkouts)
    tracker.observe(time(60), input: clicks)
    tracker.setIdle(true, input: checkouts)
    #expect(tracker.watermark == time(55))
    tracker.setIdle(false, input: checkouts)
    tracker.observe(time(12), input: checkouts)
    tracker.observe(time(80), input: clicks)
    #expect(tracker.watermark == time(55))
    #expect(tracker.heldBackBy == checkouts)
    tracker.observe(time(61), input: checkouts)
    #expect(tracker.watermark == time(56))
  }

  @Test func `when all are idle the greatest input watermark holds`() {
    var tracker = tracker()
    tracker.observe(time(10), input: checkouts)
    tracker.observe(time(60), input: clicks)
    tracker.setIdle(true, input: clicks)
    #expect(tracker.watermark == time(5))
    tracker.setIdle(true, input: checkouts)
    #expect(tracker.watermark == time(55))
    #expect(tracker.heldBackBy == nil)
    tracker.observe(time(90), input: checkouts)
    #expect(tracker.watermark == time(85))
  }

  @Test func `a timestamp beyond the bound moves nothing`() {
    var tracker = tracker(inputCount: 1)
    tracker.ignoreBeyond = time(300)
    tracker.observe(time(300), input: 0)
    #expect(tracker.watermark == time(295))
    tracker.observe(EventTime(microseconds: 300_000_001), input: 0)
    #expect(tracker.watermark == time(295))
    tracker.ignoreBeyond = nil
    tracker.observe(time(400), input: 0)
    #expect(tracker.watermark == time(395))
  }

  @Test func `a restored tracker goes on where the stored one stood`() {
    var stored = tracker()
    stored.observe(time(10), input: checkouts)
    stored.observe(time(60), input: clicks)
    stored.setIdle(true, input: checkouts)
    var restored = WatermarkTracker(
      restoring: [stored.watermark(ofInput: clicks), stored.watermark(ofInput: checkouts)],
      watermark: stored.watermark,
      delay: .seconds(5)
    )
    stored.setIdle(false, input: checkouts)
    for (seconds, input) in [(58, clicks), (30, checkouts), (75, checkouts), (64, clicks)] {
      stored.observe(time(Int64(seconds)), input: input)
      restored.observe(time(Int64(seconds)), input: input)
      #expect(restored.watermark == stored.watermark)
      #expect(restored.heldBackBy == stored.heldBackBy)
    }
    #expect(restored.watermark == time(59))
  }

  @Test func `an input restored at the beginning still holds back`() {
    let tracker = WatermarkTracker(
      restoring: [time(55), .beginning],
      watermark: .beginning,
      delay: .seconds(5)
    )
    #expect(tracker.watermark == .beginning)
    #expect(tracker.heldBackBy == 1)
  }

  /// The rule computed anew from everything seen, over all sequences of five steps.
  @Test func `every short history gives the watermark of the rule`() {
    enum Step: CaseIterable {
      case click7, click9, checkout8, checkout50, clicksIdle, checkoutsIdle
    }
    let bound: Int64 = 40
    var histories: [[Step]] = [[]]
    for _ in 0..<5 { histories = histories.flatMap { h in Step.allCases.map { h + [$0] } } }
    for history in histories {
      var tracker = tracker()
      tracker.ignoreBeyond = time(bound)
      var greatest: [Int64?] = [nil, nil]
      var isIdle = [false, false]
      var expected = EventTime.beginning
      for step in history {
        switch step {
        case .click7: see(7, clicks)
        case .click9: see(9, clicks)
        case .checkout8: see(8, checkouts)
        case .checkout50: see(50, checkouts)
        case .clicksIdle: toggle(clicks)
        case .checkoutsIdle: toggle(checkouts)
        }
        let watermarks = greatest.map { $0.map { time($0 - 5) } ?? .beginning }
        let awake = zip(watermarks, isIdle).filter { !$0.1 }.map(\.0)
        let now = awake.min() ?? watermarks.max() ?? .beginning
        expected = max(expected, now)
        #expect(tracker.watermark == expected, "\(history)")
      }

      func see(_ seconds: Int64, _ input: Int) {
        tracker.observe(time(seconds), input: input)
        if seconds <= bound { greatest[input] = max(greatest[input] ?? seconds, seconds) }
      }
      func toggle(_ input: Int) {
        isIdle[input].toggle()
        tracker.setIdle(isIdle[input], input: input)
      }
    }
  }
}
