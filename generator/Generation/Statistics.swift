/// Counts of a run that the generator keeps itself.
struct Tally {
  var events = 0
  var checkouts = 0
  var duplicates = 0
  var malformed = 0
}

/// What a run has made.
package struct Statistics: Hashable, Sendable {
  /// Good events, each counted once.
  package let events: Int
  package let clicks: Int
  package let checkouts: Int
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
    late = delays.lateCount
    duplicates = tally.duplicates
    malformed = tally.malformed
    orphans = journeys.counts.orphans
    ties = journeys.counts.ties
    edges = journeys.counts.edges
    self.bytes = bytes
  }
}
