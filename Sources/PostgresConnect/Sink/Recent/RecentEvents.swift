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
/// added after the epoch that it commits it leaves out.
final class RecentEvents {
  private let lock = Mutex(())
  private let window: EventSpan
  private let retention: EventSpan
  private let memory: RecentMemory
  private let sliceLength: Int64
  /// By number, ascending.
  private(set) var slices: [RecentSlice] = []
  /// The one added to last.
  private var latest: RecentSlice?
  /// Event times of `latest`.
  private var latestTimes = EventTime.endOfInput..<EventTime.endOfInput
  /// Of the last event that was added, kept or not.
  private(set) var order: Int64 = 0
  private var callsBeforeCheck = 0
  /// Nothing at or before this time is known for certain; `.endOfInput` while nothing is added.
  private(set) var floor: EventTime
  /// No stored event has a greater time.
  private(set) var greatestTime: EventTime
  /// The watermark when the last late event came.
  private var lastLate: Watermark?

  /// No event was stored before with a greater time than `floor`.
  init(rule: AttributionRule, after floor: EventTime, within memory: RecentMemory) {
    window = rule.window
    retention = EventSpan(
      microseconds: rule.lateHorizon.microseconds + rule.window.microseconds
    )
    sliceLength = max(rule.window.microseconds, EventSpan.minutes(5).microseconds)
    self.memory = memory
    self.floor = floor
    greatestTime = floor
    memory.join()
  }

  deinit { memory.leave() }

  /// The lock stands beside what it guards, not around it: epochs keep references to slices.
  func withLock(_ body: () -> Void) { lock.withLock { _ in body() } }

  // MARK: Adding

  /// Where an event stands; it keeps its slice from going away.
  struct Place {
    let slice: RecentSlice
    let number: Int
  }

  /// Adds events that came on time, in the order in which they were read.
  ///
  /// Of as many as are in one slice, the slice is asked for once.
  func add<Record: RecentRecord>(_ records: ArraySlice<Record>) {
    var rest = records
    while let first = rest.first {
      // Nothing is kept at the moment, or of this one.
      var count = floor == .endOfInput ? rest.count : 1
      if first.time > floor {
        let slice = slice(at: first.time)
        count = max(1, rest.prefix { $0.time > floor && latestTimes.contains($0.time) }.count)
        Record.add(rest.prefix(count), to: &slice.events, after: order, isDropped: false)
      }
      for record in rest.prefix(count) { greatestTime = max(greatestTime, record.time) }
      order &+= Int64(count)
      rest = rest.dropFirst(count)
    }
  }

  /// Adds an event that came late.
  ///
  /// - Returns: nil at or before the floor, where nothing is kept.
  func addLate<Record: RecentRecord>(
    _ record: Record,
    at watermark: Watermark,
    isDropped: Bool
  ) -> Place? {
    noteLate(at: watermark)
    order &+= 1
    greatestTime = max(greatestTime, record.time)
    guard record.time > floor else { return nil }
    let slice = slice(at: record.time)
    return Place(
      slice: slice,
      number: Record.add([record], to: &slice.events, after: order &- 1, isDropped: isDropped)
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
      forgetLatest()
      floor = .endOfInput
      return
    }
    let oldest = number(at: watermark - retention)
    var byteCount = slices.reduce(0) { $0 + $1.events.byteCount }
    let limit = memory.share
    var count = 0
    while count < slices.count, slices[count].number < oldest || byteCount > limit {
      byteCount -= slices[count].events.byteCount
      count += 1
    }
    guard count > 0 else { return }
    floor = max(floor, end(of: slices[count - 1]))
    slices.removeFirst(count)
    forgetLatest()
  }

  // MARK: Slices

  private func number(at time: EventTime) -> Int64 {
    let (quotient, remainder) = time.microseconds.quotientAndRemainder(dividingBy: sliceLength)
    return remainder < 0 ? quotient - 1 : quotient
  }

  private func start(of slice: RecentSlice) -> EventTime {
    let (start, overflow) = slice.number.multipliedReportingOverflow(by: sliceLength)
    return EventTime(microseconds: overflow ? .min : start)
  }

  /// The last moment of a slice.
  private func end(of slice: RecentSlice) -> EventTime {
    let start = start(of: slice)
    guard start.microseconds > .min else { return start }
    return start + EventSpan(microseconds: sliceLength - 1)
  }

  @inline(__always)
  private func slice(at time: EventTime) -> RecentSlice {
    if latestTimes.contains(time), let latest { return latest }
    return otherSlice(at: time)
  }

  @inline(never)
  private func otherSlice(at time: EventTime) -> RecentSlice {
    let number = number(at: time)
    let place = place(of: number)
    if place == slices.count || slices[place].number != number {
      slices.insert(RecentSlice(number: number), at: place)
      callsBeforeCheck = 0
    }
    let slice = slices[place]
    latest = slice
    latestTimes = start(of: slice)..<max(end(of: slice), start(of: slice))
    return slice
  }

  private func forgetLatest() {
    latest = nil
    latestTimes = .endOfInput ..< .endOfInput
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
}
