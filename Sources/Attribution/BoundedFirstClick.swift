package import Dataflow

/// The first-click operator for input that has ended: one user at a time.
///
/// ```
/// clicks       a   b       c   d
/// checkouts              k       l         k: a, 2 clicks      l: b, 3 clicks
///              |--window-|
///                  |----window---|
/// ```
///
/// Its answers are those of `FirstClick` over the same events with the end of input behind them,
/// which tests compare. When nothing more can come, sorting a user's events is all that remains of
/// that operator's state: from one checkout to the next both ends of the window only move on.
package struct BoundedFirstClick: Sendable {
  @usableFromInline let window: EventSpan

  package init(rule: AttributionRule) { window = rule.window }

  /// Answers every checkout, in their order; O(clicks + checkouts).
  ///
  /// - Parameters:
  ///   - clicks: of one user, each once, by (time, event_id).
  ///   - checkouts: of the same user, each once, by time.
  ///   - answer: takes a checkout, its first click, and how many clicks are in its window.
  @inlinable
  @inline(__always)
  package func process<Event: Timestamped>(
    clicks: UnsafeMutableBufferPointer<Event>,
    checkouts: UnsafeMutableBufferPointer<Event>,
    answer: (_ checkout: Event, _ first: Event?, _ clicksInWindow: Int) -> Void
  ) {
    var (first, end) = (0, 0)
    for checkout in checkouts {
      let start = checkout.time - window
      while end < clicks.count, clicks[end].time <= checkout.time { end &+= 1 }
      while first < end, clicks[first].time < start { first &+= 1 }
      answer(checkout, first < end ? clicks[first] : nil, end &- first)
    }
  }
}
