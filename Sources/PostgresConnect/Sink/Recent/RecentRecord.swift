import Connect
import Events

/// A record as the recent events take it, whatever its stream.
protocol RecentRecord: CopyRow {
  static var stream: StreamKind { get }
  /// Adds it; nil at or before the floor, where nothing is kept.
  @discardableResult
  func add(to recent: RecentEvents, epoch: UInt32, isDropped: Bool) -> RecentEvents.Place?
  /// Whether one with the same id is held.
  func isHeld(by recent: RecentEvents) -> Bool
  /// Notes what it asks for, come late and standing at this place.
  ///
  /// - Returns: how many answers it changes so far.
  func note(
    in notes: inout LateNotes,
    at place: RecentEvents.Place,
    of recent: RecentEvents
  ) -> Int
}

extension ClickRecord: RecentRecord {
  static var stream: StreamKind { .clicks }

  @inline(__always)
  func add(to recent: RecentEvents, epoch: UInt32, isDropped: Bool) -> RecentEvents.Place? {
    recent.add(self, epoch: epoch, isDropped: isDropped)
  }

  func isHeld(by recent: RecentEvents) -> Bool {
    recent.holdsClick(bytes(eventID))
  }

  /// Those stored so far in whose window it lies, pending ones too; more may follow in its epoch.
  func note(
    in notes: inout LateNotes,
    at place: RecentEvents.Place,
    of recent: RecentEvents
  ) -> Int {
    let user = RecentUser(of: self)
    notes.clicks.append(.init(time: time, userID: Array(user.id)))
    return recent.countOfCheckouts(touchedAt: time, of: user)
  }
}

extension CheckoutRecord: RecentRecord {
  static var stream: StreamKind { .checkouts }

  @inline(__always)
  func add(to recent: RecentEvents, epoch: UInt32, isDropped: Bool) -> RecentEvents.Place? {
    recent.add(self, epoch: epoch, isDropped: isDropped)
  }

  func isHeld(by recent: RecentEvents) -> Bool {
    recent.holdsCheckout(bytes(eventID))
  }

  /// Its own, which is new.
  func note(
    in notes: inout LateNotes,
    at place: RecentEvents.Place,
    of recent: RecentEvents
  ) -> Int {
    notes.checkouts.append(place)
    return 1
  }
}
