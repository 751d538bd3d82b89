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
/// those older than late horizon + window, and the oldest ones beyond a limit of memory.
///
/// Two threads use it, each under `withLock`: the task's adds, and the committer's asks. What was
/// added by a later epoch than the one it commits it leaves out.
final class RecentEvents {
  /// Of one task: some 700,000 events of the usual kind.
  static let byteLimit = 64 << 20

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
  /// Nothing at or before this time is known for certain.
  private(set) var floor: EventTime

  /// - Parameter floor: no event was stored before with a greater time.
  init(rule: AttributionRule, after floor: EventTime, byteLimit: Int = RecentEvents.byteLimit) {
    window = rule.window
    retention = EventSpan(
      microseconds: rule.lateHorizon.microseconds + rule.window.microseconds
    )
    sliceLength = max(rule.window.microseconds / 4, EventSpan.minutes(5).microseconds)
    self.byteLimit = byteLimit
    self.floor = floor
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
  func add(_ record: ClickRecord, of user: RecentUser, epoch: UInt32, isDropped: Bool) -> Place? {
    guard record.time > floor else { return nil }
    let slice = slice(at: record.time)
    return Place(
      slice: slice,
      number: slice.add(record, of: user, epoch: epoch, isDropped: isDropped)
    )
  }

  @discardableResult
  func add(
    _ record: CheckoutRecord,
    of user: RecentUser,
    epoch: UInt32,
    isDropped: Bool
  ) -> Place? {
    guard record.time > floor else { return nil }
    let slice = slice(at: record.time)
    return Place(
      slice: slice,
      number: slice.add(record, of: user, epoch: epoch, isDropped: isDropped)
    )
  }

  /// Lets go what no late event may ask for any more, and what takes too much memory.
  func letGo(at watermark: Watermark) {
    let oldest = number(at: watermark - retention)
    var byteCount = slices.reduce(0) { $0 + $1.byteCount }
    var count = 0
    while count < slices.count, slices[count].number < oldest || byteCount > byteLimit {
      byteCount -= slices[count].byteCount
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
  func holdsClick(_ id: UnsafeRawBufferPointer, of user: RecentUser) -> Bool {
    slices.contains { $0.holdsClick(id, of: user) }
  }

  /// Whether a checkout with this id is stored, whatever its time.
  func holdsCheckout(_ id: UnsafeRawBufferPointer, of user: RecentUser) -> Bool {
    slices.contains { $0.holdsCheckout(id, of: user) }
  }

  /// The checkouts of the epochs up to this one in whose window a click of this time lies.
  func checkouts(
    touchedAt time: EventTime,
    of user: RecentUser,
    through epoch: UInt32
  ) -> [Place] {
    let times = time...(time + window)
    var places: [Place] = []
    for slice in slices(in: times) {
      slice.forEachCheckout(of: user) { number in
        let checkout = slice.checkouts[number]
        guard times.contains(checkout.time), checkout.epoch <= epoch, !checkout.isDropped
        else { return }
        places.append(Place(slice: slice, number: number))
      }
    }
    return places
  }

  /// The answer to a checkout among the clicks of the epochs up to this one; nil where not all of
  /// them are known.
  ///
  /// Points into the slices: valid until the lock is given back.
  func answer(to place: Place, through epoch: UInt32) -> Answer? {
    let time = place.slice.checkouts[place.number].time
    let times = (time - window)...time
    guard times.lowerBound > floor else { return nil }
    let user = RecentUser(place.slice.userID(ofCheckout: place.number))
    var first: Place?
    var count: Int32 = 0
    for slice in slices(in: times) {
      slice.forEachClick(of: user) { number in
        let click = slice.clicks[number]
        guard times.contains(click.time), click.epoch <= epoch, !click.isDropped else { return }
        count += 1
        let candidate = Place(slice: slice, number: number)
        if first.map({ Self.precedes(candidate, $0) }) ?? true { first = candidate }
      }
    }
    return Answer(place, first: first, clicksInWindow: count)
  }

  /// The order of the rule: by time, then by id bytewise.
  private static func precedes(_ left: Place, _ right: Place) -> Bool {
    let leftTime = left.slice.clicks[left.number].time
    let rightTime = right.slice.clicks[right.number].time
    guard leftTime == rightTime else { return leftTime < rightTime }
    return left.slice.id(ofClick: left.number).precedes(right.slice.id(ofClick: right.number))
  }
}

extension Answer {
  /// The final answer to a checkout of the recent events.
  fileprivate init(_ checkout: RecentEvents.Place, first: RecentEvents.Place?, clicksInWindow: Int32) {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let origin = first.map { $0.slice.originFields(ofClick: $0.number) }
    self.init(
      kind: .revision,
      isFinal: true,
      clicksInWindow: clicksInWindow,
      checkoutTime: checkout.slice.checkouts[checkout.number].time,
      checkoutFields: checkout.slice.fields(ofCheckout: checkout.number),
      clickID: first.map { $0.slice.id(ofClick: $0.number) } ?? nothing,
      clickTime: first.map { $0.slice.clicks[$0.number].time } ?? EventTime(microseconds: 0),
      productFields: origin?.product ?? nothing,
      originFields: origin?.origin ?? nothing
    )
  }
}
