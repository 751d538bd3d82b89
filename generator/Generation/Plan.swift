package import Connect
package import Dataflow

/// What is to be generated: every setting, with its default, already checked.
///
/// The same plan gives the same bytes.
package struct Plan: Sendable {
  /// Good events, clicks and checkouts, each counted once; nil: until stopped.
  package var eventCount: Int?
  package var schedule: EventSchedule
  /// Events are written as they happen, so what makes them late is put behind in event time; in
  /// simulated time they are delayed on their way to the log instead.
  package var isWallClock = false
  package var seed: UInt64
  package var userCount = 10_000
  package var productCount = 5_000
  /// Of all good events, how many are checkouts.
  package var checkoutShare = 1.0 / 6
  /// How far the log is out of order at most, late events aside.
  package var disorder: EventSpan = .seconds(30)
  /// Of all good events: how many arrive 5 minutes (beyond the disorder) to 3 hours late.
  package var late = 0.0
  /// Of all good events: how many are sent again.
  package var duplicates = 0.0
  /// Of all checkouts: how many are of users who never click.
  package var orphans = 0.0
  /// Messages that do not fit the contract, as a share of the good events, on top of them.
  package var malformed = 0.0
  /// Of all clicks: how many are followed by another of the same user at the same microsecond.
  package var ties = 0.0
  /// Of all checkouts: how many stand, with a click, at an edge of the one-hour window.
  package var edges = 0.0

  package init(schedule: EventSchedule, seed: UInt64) {
    self.schedule = schedule
    self.seed = seed
  }

  /// About how many messages of a stream are written within so much event time, at least 1.
  package func messageCount(of stream: StreamKind, within span: EventSpan) -> Int {
    let share = stream == .checkouts ? checkoutShare : 1 - checkoutShare
    let count = schedule.rate * share * Double(span.microseconds) / 1e6
    return Int(min(max(count, 1), 1e9))
  }

  /// The furthest that a good event comes behind one with a later time, resends aside.
  var greatestDelay: EventSpan { late > 0 ? Delays.greatestLateness(disorder) : disorder }
}
