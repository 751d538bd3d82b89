import Connect
import Dataflow

/// What an epoch has noted of its late events, for the commit.
struct LateNotes {
  /// Late events of each stream, resends that are not staged included.
  private(set) var counts: [StreamKind: Int64] = [:]
  /// New late clicks that may change answers.
  var clicks: [Click] = []
  /// New late checkouts to answer.
  var checkouts: [RecentEvents.Place] = []
  /// Where the staged late events stand, by stream and log offset.
  var places: [StreamKind: [Int64: RecentEvents.Place]] = [:]
  /// False when one of the staged ones was at or before the floor already when it was read: the
  /// recent events have not compared it with the others.
  private(set) var areKnown = true
  /// Of the staged ones.
  private(set) var earliest = EventTime.endOfInput

  struct Click {
    var time: EventTime
    var userID: [UInt8]
  }

  var hasEvents: Bool { !counts.isEmpty }

  mutating func count(_ stream: StreamKind) { counts[stream, default: 0] += 1 }

  mutating func stage(_ time: EventTime, isKnown: Bool) {
    earliest = min(earliest, time)
    areKnown = areKnown && isKnown
  }

  /// Takes a staged event that turned out to be a resend back.
  func takeBack(_ stream: StreamKind, offset: Int64) {
    guard let place = places[stream]?[offset] else { return }
    switch stream {
    case .clicks: place.slice.events.dropClick(place.number)
    case .checkouts: place.slice.events.dropCheckout(place.number)
    }
  }
}
