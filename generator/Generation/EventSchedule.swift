package import Dataflow

/// The nominal event time of each event, in ascending order.
package enum EventSchedule: Sendable {
  /// The i-th event is at `start` + i x step: evenly spread.
  case even(start: EventTime, stepMicroseconds: Double)
  /// `batch` events, a millisecond apart, every so often.
  case bursts(start: EventTime, every: EventSpan, batch: Int)

  /// The time of the event with this index, counted from 0.
  package func time(of index: Int) -> EventTime {
    switch self {
    case .even(let start, let step):
      return start + Self.span(Double(index) * step)
    case .bursts(let start, let interval, let batch):
      let (burst, place) = index.quotientAndRemainder(dividingBy: batch)
      return start + Self.span(Double(burst) * Double(interval.microseconds))
        + Self.span(Double(place) * Self.burstStep(interval, batch))
    }
  }

  /// Events per second of event time, on average.
  package var rate: Double {
    switch self {
    case .even(_, let step): 1e6 / max(step, 1e-3)
    case .bursts(_, let interval, let batch):
      Double(batch) * 1e6 / Double(max(1, interval.microseconds))
    }
  }

  /// Whole microseconds, at most what a span can hold.
  private static func span(_ microseconds: Double) -> EventSpan {
    EventSpan(microseconds: Int64(min(microseconds, 0x1p62)))
  }

  /// Microseconds between the events of a burst: 1 ms, or less if the burst would not end in time.
  private static func burstStep(_ interval: EventSpan, _ batch: Int) -> Double {
    min(1000, Double(interval.microseconds) / Double(batch))
  }
}
