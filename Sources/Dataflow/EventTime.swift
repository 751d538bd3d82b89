/// A point in event time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The whole engine counts in this unit; wall-clock spans are `Swift.Duration` instead, so that the
/// two are never mixed.
@usableFromInline
package struct EventTime: Hashable, Comparable, BitwiseCopyable, Sendable {
  @usableFromInline package var microseconds: Int64

  @inlinable package init(microseconds: Int64) { self.microseconds = microseconds }

  /// Smaller than every event: the watermark before anything was read.
  @inlinable package static var beginning: EventTime { EventTime(microseconds: .min) }
  /// Greater than every event: the watermark after the last record of a bounded input.
  @inlinable package static var endOfInput: EventTime { EventTime(microseconds: .max) }

  @inlinable package static func < (left: EventTime, right: EventTime) -> Bool {
    left.microseconds < right.microseconds
  }
  @inlinable package static func == (left: EventTime, right: EventTime) -> Bool {
    left.microseconds == right.microseconds
  }

  /// The time `span` later; saturates at `.endOfInput` and `.beginning`, which absorb every span.
  @inlinable package static func + (time: EventTime, span: EventSpan) -> EventTime {
    if time == .endOfInput || time == .beginning { return time }
    let (sum, overflow) = time.microseconds.addingReportingOverflow(span.microseconds)
    guard overflow else { return EventTime(microseconds: sum) }
    return span.microseconds > 0 ? .endOfInput : .beginning
  }
  @inlinable package static func - (time: EventTime, span: EventSpan) -> EventTime {
    time + EventSpan(microseconds: 0 &- span.microseconds)
  }
}

/// A length of event time in microseconds, such as a window or a watermark's delay.
@usableFromInline
package struct EventSpan: Hashable, Comparable, BitwiseCopyable, Sendable {
  @usableFromInline package var microseconds: Int64

  @inlinable package init(microseconds: Int64) { self.microseconds = microseconds }
  @inlinable package static func seconds(_ count: Int64) -> EventSpan {
    EventSpan(microseconds: count * 1_000_000)
  }
  @inlinable package static func minutes(_ count: Int64) -> EventSpan { .seconds(60 * count) }
  @inlinable package static func hours(_ count: Int64) -> EventSpan { .seconds(3600 * count) }

  @inlinable package static func < (left: EventSpan, right: EventSpan) -> Bool {
    left.microseconds < right.microseconds
  }
}

/// Every record with a time **smaller** than this has been delivered (half-open): a record is late
/// iff `time < watermark`, and a result for time `t` is final once `t < watermark`.
@usableFromInline package typealias Watermark = EventTime
