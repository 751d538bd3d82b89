import Dataflow
import Events

/// The days (UTC) of the rows of an epoch: each needs its partition.
///
/// Rows come nearly in order of time, so the usual insertion is two comparisons with the last day.
struct DaySet {
  /// Days since 1970-01-01.
  private(set) var days: Set<Int64> = []
  private var lastStart: Int64 = 1
  private var lastEnd: Int64 = 0

  private static var microsecondsPerDay: Int64 { 86_400_000_000 }

  @inline(__always)
  mutating func insert(_ time: EventTime) {
    if time.microseconds >= lastStart && time.microseconds < lastEnd { return }
    insertOther(time)
  }

  @inline(never)
  private mutating func insertOther(_ time: EventTime) {
    let remainder = time.microseconds % Self.microsecondsPerDay
    lastStart =
      time.microseconds - remainder - (remainder < 0 ? Self.microsecondsPerDay : 0)
    lastEnd = lastStart + Self.microsecondsPerDay
    days.insert(lastStart / Self.microsecondsPerDay)
  }

  mutating func removeAll() { self = DaySet() }

  /// `{20778,...}`: these days as an `integer[]` of days since 1970-01-01.
  static func arrayLiteral(_ days: some Sequence<Int64>) -> String {
    "{\(days.map(String.init).joined(separator: ","))}"
  }
}
