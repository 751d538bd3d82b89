package import Dataflow

/// Counts of a run that the generator keeps itself.
struct Tally {
  private(set) var events = 0
  private(set) var checkouts = 0
  /// The times of the first and the last event by their times, once there is one.
  private(set) var earliest = EventTime.endOfInput
  private(set) var latest = EventTime.beginning
  var duplicates = 0
  var malformed = 0

  /// Counts a good event.
  @inline(__always)
  mutating func count(_ event: Event) {
    events &+= 1
    if event.stream == .checkouts { checkouts &+= 1 }
    earliest = min(earliest, event.time)
    latest = max(latest, event.time)
  }
}

/// What a run has made.
package struct Statistics: Hashable, Sendable {
  /// Good events, each counted once.
  package let events: Int
  package let clicks: Int
  package let checkouts: Int
  /// From the earliest to the latest; nil without events.
  package let times: ClosedRange<EventTime>?
  package let late: Int
  package let duplicates: Int
  package let malformed: Int
  /// Checkouts of users who never click.
  package let orphans: Int
  package let ties: Int
  package let edges: Int
  /// Bytes that the log has taken.
  package let bytes: Int

  init(_ tally: Tally, _ journeys: borrowing Journeys, _ delays: borrowing Delays, bytes: Int) {
    events = tally.events
    clicks = tally.events - tally.checkouts
    checkouts = tally.checkouts
    times = tally.events > 0 ? tally.earliest...tally.latest : nil
    late = delays.lateCount
    duplicates = tally.duplicates
    malformed = tally.malformed
    orphans = journeys.counts.orphans
    ties = journeys.counts.ties
    edges = journeys.counts.edges
    self.bytes = bytes
  }
}
