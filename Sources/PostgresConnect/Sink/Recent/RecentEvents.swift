import Attribution
import Dataflow
import Events
import Synchronization

/// The events that a task has stored, as far back as late ones may come: they answer late events
/// without a look at the raw tables, whose rows no index finds by user.
///
/// ```
///                 floor         watermark
///   ---- unknown ---|-- slice --|-- slice --|-- slice --|     slices of event time
/// ```
/// Every event of this task that is stored and whose time lies behind the floor is here. So what a
/// question asks for is either all here, or the raw tables must be scanned (`LateScan`):
///
///     is click c, at t, stored?          known if t > floor
///     which checkouts does c touch?      known if t > floor
///     candidates of a checkout at t?     known if t - window > floor
///
/// The floor is the greatest event time stored before this run, and rises when slices are let go:
/// those older than late horizon + window, and the oldest ones beyond a limit of memory. A task
/// without late events for the length of a slice forgets everything and adds nothing, so that it
/// pays nothing, until the next one comes: the floor is then the greatest event time so far. So
/// rare late events are answered by scans and frequent ones are not.
///
/// Two threads use it, each under `withLock`: the task's adds, and the committer's asks. What was
/// added by a later epoch than the one it commits it leaves out.
final class RecentEvents {
  private let lock = Mutex(())
  private let window: EventSpan
  private let retention: EventSpan
  private let byteLimit: Int
  private let sliceLength: Int64
  /// By number, ascending.
  private var slices: [RecentSlice] = []
  /// The one added to last.
  private var latest: RecentSlice?
  private var lastEpoch: UInt32 = 0
  private var callsBeforeCheck = 0
  /// Nothing at or before this time is known for certain; `.endOfInput` while nothing is added.
  private(set) var floor: EventTime
  /// No stored event has a greater time.
  private(set) var greatestTime: EventTime
  /// The watermark when the last late event came.
  private var lastLate: Watermark?

  /// No event was stored before with a greater time than `floor`; `byteLimit` is in bytes.
  init(rule: AttributionRule, after floor: EventTime, byteLimit: Int) {
    window = rule.window
    retention = EventSpan(
      microseconds: rule.lateHorizon.microseconds + rule.window.microseconds
    )
    sliceLength = max(rule.window.microseconds, EventSpan.minutes(5).microseconds)
    self.byteLimit = byteLimit
    self.floor = floor
    greatestTime = floor
  }

  /// The lock stands beside what it guards, not around it: epochs keep references to slices.
  func withLock(_ body: () -> Void) { lock.withLock { _ in body() } }

  /// The number of the epoch that is filled from now on.
  func beginEpoch() -> UInt32 {
    lastEpoch &+= 1
    return lastEpoch
  }

  // MARK: Adding

  /// Where an event stands; it keeps its slice from going away.
  struct Place: Hashable {
    let slice: RecentSlice
    let number: Int

    static func == (left: Place, right: Place) -> Bool {
      left.slice === right.slice && left.number == right.number
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(ObjectIdentifier(slice))
      hasher.combine(number)
    }
  }

  /// - Returns: nil at or before the floor, where nothing is kept.
  @discardableResult
  func add(_ record: ClickRecord, epoch: UInt32, isDropped: Bool) -> Place? {
    greatestTime = max(greatestTime, record.time)
    guard record.time > floor else { return nil }
    let slice = slice(at: record.time)
    return Place(
      slice: slice,
      number: slice.events.add(record, epoch: epoch, isDropped: isDropped)
    )
  }

  @discardableResult
  func add(
    _ record: CheckoutRecord,
    epoch: UInt32,
    isDropped: Bool
  ) -> Place? {
    greatestTime = max(greatestTime, record.time)
    guard record.time > floor else { return nil }
    let slice = slice(at: record.time)
    return Place(
      slice: slice,
      number: slice.events.add(record, epoch: epoch, isDropped: isDropped)
    )
  }

  /// A late event has come: from now on there may be more of them.
  func noteLate(at watermark: Watermark) {
    lastLate = watermark
    if floor == .endOfInput { floor = greatestTime }
  }

  /// Lets go what no late event may ask for any more, and what takes too much memory.
  ///
  /// Looks at sizes when there is a new slice, and now and then.
  func letGo(at watermark: Watermark) {
    callsBeforeCheck -= 1
    guard callsBeforeCheck <= 0 else { return }
    callsBeforeCheck = 64
    guard watermark > .beginning else { return }
    let lastLate = lastLate ?? watermark
    self.lastLate = lastLate
    guard watermark <= lastLate + EventSpan(microseconds: sliceLength) else {
      slices = []
      latest = nil
      floor = .endOfInput
      return
    }
    let oldest = number(at: watermark - retention)
    var byteCount = slices.reduce(0) { $0 + $1.events.byteCount }
    var count = 0
    while count < slices.count, slices[count].number < oldest || byteCount > byteLimit {
      byteCount -= slices[count].events.byteCount
      count += 1
    }
    guard count > 0 else { return }
    floor = max(floor, end(of: slices[count - 1]))
    slices.removeFirst(count)
    latest = nil
  }

  // MARK: Slices

  private func number(at time: EventTime) -> Int64 {
    let (quotient, remainder) = time.microseconds.quotientAndRemainder(dividingBy: sliceLength)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// The last moment of a slice.
  private func end(of slice: RecentSlice) -> EventTime {
    let (start, overflow) = slice.number.multipliedReportingOverflow(by: sliceLength)
    guard !overflow else { return EventTime(microseconds: .min) }
    return EventTime(microseconds: start) + EventSpan(microseconds: sliceLength - 1)
  }

  @inline(__always)
  private func slice(at time: EventTime) -> RecentSlice {
    let number = number(at: time)
    if let latest, latest.number == number { return latest }
    let place = place(of: number)
    if place == slices.count || slices[place].number != number {
      slices.insert(RecentSlice(number: number), at: place)
      callsBeforeCheck = 0
    }
    latest = slices[place]
    return slices[place]
  }

  /// Where the slice of this number stands or belongs.
  private func place(of number: Int64) -> Int {
    var (start, end) = (0, slices.count)
    while start < end {
      let middle = (start + end) / 2
      if slices[middle].number < number { start = middle + 1 } else { end = middle }
    }
    return start
  }

  /// The slices with a part in these times.
  func slices(in times: ClosedRange<EventTime>) -> ArraySlice<RecentSlice> {
    let first = place(of: number(at: times.lowerBound))
    let last = number(at: times.upperBound)
    var end = first
    while end < slices.count, slices[end].number <= last { end += 1 }
    return slices[first..<end]
  }

  // MARK: Questions

  /// Whether a click with this id is stored, whatever its time.
  func holdsClick(_ id: UnsafeRawBufferPointer) -> Bool {
    let hash = id.hash
    return slices.contains { $0.events.holdsClick(id, hash: hash) }
  }

  /// Whether a checkout with this id is stored, whatever its time.
  func holdsCheckout(_ id: UnsafeRawBufferPointer) -> Bool {
    let hash = id.hash
    return slices.contains { $0.events.holdsCheckout(id, hash: hash) }
  }

  /// The checkouts of the epochs up to this one in whose window a click of this time lies.
  func checkouts(
    touchedAt time: EventTime,
    of user: RecentUser,
    through epoch: UInt32
  ) -> [Place] {
    var places: [Place] = []
    forEachCheckout(touchedAt: time, of: user, through: epoch) { slice, number in
      places.append(Place(slice: slice, number: number))
    }
    return places
  }

  /// How many checkouts have a click of this time in their window.
  func countOfCheckouts(touchedAt time: EventTime, of user: RecentUser) -> Int {
    var count = 0
    forEachCheckout(touchedAt: time, of: user, through: .max) { _, _ in count += 1 }
    return count
  }

  @inline(__always)
  private func forEachCheckout(
    touchedAt time: EventTime,
    of user: RecentUser,
    through epoch: UInt32,
    _ body: (RecentSlice, Int) -> Void
  ) {
    let times = time...(time + window)
    for slice in slices(in: times) {
      slice.events.forEachCheckout(of: user) { number in
        let checkout = slice.events.checkouts[number]
        guard times.contains(checkout.time), checkout.epoch <= epoch, !checkout.isDropped
        else { return }
        body(slice, number)
      }
    }
  }

  /// A user's clicks of these times, as far as the epochs up to this one have added them.
  ///
  /// All are known where the times lie behind the floor.
  func candidates(
    in times: ClosedRange<EventTime>,
    of user: RecentUser,
    through epoch: UInt32
  ) -> RecentCandidates {
    var clicks: [RecentCandidates.Click] = []
    for slice in slices(in: times) {
      slice.events.forEachClick(of: user) { number in
        let click = slice.events.clicks[number]
        guard times.contains(click.time), click.epoch <= epoch, !click.isDropped else { return }
        clicks.append(.init(time: click.time, place: Place(slice: slice, number: number)))
      }
    }
    return RecentCandidates(clicks)
  }
}
