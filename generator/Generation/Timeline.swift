package import Dataflow

/// The nominal event time of each event, in ascending order.
package enum Timeline: Sendable {
  /// The i-th event is at `start` + i x step: evenly spread.
  case even(start: EventTime, stepMicroseconds: Double)
  /// `batch` events, a millisecond apart, every so often.
  case bursts(start: EventTime, every: EventSpan, batch: Int)

  /// The time of the event with this index, counted from 0.
  package func time(of index: Int) -> EventTime {
    switch self {
    case .even(let start, let step):
      return start + EventSpan(microseconds: Int64(Double(index) * step))
    case .bursts(let start, let interval, let batch):
      let (burst, place) = index.quotientAndRemainder(dividingBy: batch)
      let inside = Int64(Double(place) * Self.burstStep(interval, batch))
      return start + EventSpan(microseconds: interval.microseconds * Int64(burst) + inside)
    }
  }

  /// Events per second of event time, on average.
  var rate: Double {
    switch self {
    case .even(_, let step): 1e6 / max(step, 1e-3)
    case .bursts(_, let interval, let batch):
      Double(batch) * 1e6 / Double(max(1, interval.microseconds))
    }
  }

  /// Microseconds between the events of a burst: 1 ms, or less if the burst would not end in time.
  private static func burstStep(_ interval: EventSpan, _ batch: Int) -> Double {
    min(1000, Double(interval.microseconds) / Double(batch))
  }
}
