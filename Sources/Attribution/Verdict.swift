/// What the engine says of one record of a batch, in the batch's order.
///
/// The driver sets `.onTime`, `.late` or `.expired` from the task's watermark before the engine sees
/// the batch, or says itself what is a duplicate; the engine then settles the others.
package enum Verdict: UInt8, BitwiseCopyable, Sendable {
  /// Not late (`time >= watermark`) and its event_id is new: store it.
  case onTime
  /// Late, and new within the state's horizon: store it, list it in `late_events`.
  case late
  /// Late beyond the rule's late horizon, or dropped before a rebuild, and new within the state's
  /// horizon: changes no answer; store it, list it in `late_events` as dropped.
  case expired
  /// Late and older than the state's horizon: whether it is new only the stored rows can say.
  case lateUnchecked
  /// The event_id was seen within the state's horizon: count it, store nothing.
  case duplicate
  /// A duplicate whose event_id was seen under another time: no second reading of the log can tell
  /// that it was one, once the first has left the state. The driver notes it, and hands it to a
  /// rebuild as `.duplicate`.
  case resent

  /// The record is listed in `late_events`, unless the stored rows know it.
  @inline(__always) package var isLate: Bool { self != .onTime && !isDuplicate }
  /// The record is counted, and nothing else.
  @inline(__always) package var isDuplicate: Bool { rawValue >= Verdict.duplicate.rawValue }
}
