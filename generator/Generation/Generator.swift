package import Connect
package import Dataflow

/// Makes the events of a plan and writes them to a log, as far as it is told.
///
///     schedule -> Journeys (who does what) -> Arrivals (delayed, sent again) -> EventEncoder -> log
///                       `-> Truth
///
/// Used by one thread.
package struct Generator: ~Copyable {
  /// Buckets of arrivals are at most this share of the disorder wide.
  private static let bucketsPerDisorder: Int64 = 256

  private let plan: Plan
  private let catalog: Catalog
  private let users: Users
  private let writer: any LogWriter
  private let buffers: LogBuffers
  private var journeys: Journeys
  private var delays: Delays
  private var arrivals: Arrivals
  private var encoder: EventEncoder
  private var truth: Truth?
  private var duplicateShare: Share
  private var malformedShare: Share
  /// Events that arrive now; kept for its memory.
  private var arriving: [Event] = []
  private var tally = Tally()

  /// Gets ready; with `truthPath` the right answers are also written there, as CSV.
  ///
  /// Throws when that file cannot be made.
  package init(
    plan: Plan,
    writer: any LogWriter,
    truthPath: String? = nil
  ) throws(ConnectorError) {
    self.plan = plan
    self.writer = writer
    catalog = Catalog(productCount: plan.productCount, seed: plan.seed)
    users = Users(
      count: plan.userCount,
      hasOrphans: plan.orphans > 0,
      partitionCount: writer.partitionCount,
      seed: plan.seed
    )
    let origins = Origins()
    buffers = LogBuffers(writer: writer)
    journeys = Journeys(plan: plan, catalog: catalog, users: users, origins: origins)
    let widest = Self.widestBucket(of: plan.disorder)
    delays = Delays(plan: plan, bucketWidth: widest)
    arrivals = Arrivals(
      start: plan.schedule.time(of: 0),
      widestBucket: plan.isWallClock ? EventSpan(microseconds: 10_000) : widest
    )
    encoder = EventEncoder(
      catalog: catalog,
      users: users,
      origins: origins,
      addresses: Addresses(seed: plan.seed)
    )
    var shares = RandomNumbers(seed: plan.seed, stream: .defects)
    func share(_ share: Double) -> Share {
      Share(share, random: RandomNumbers(seed: shares.next(), stream: .defects))
    }
    duplicateShare = share(plan.duplicates)
    malformedShare = share(plan.malformed)
    if let truthPath {
      let file = try TruthFile(path: truthPath, catalog: catalog, users: users)
      let delay = plan.isWallClock ? plan.greatestDelay : EventSpan(microseconds: 0)
      truth = Truth(file: file, userCount: plan.userCount, disorder: delay + .seconds(1))
    }
  }

  private static func widestBucket(of disorder: EventSpan) -> EventSpan {
    EventSpan(microseconds: max(1, min(disorder.microseconds / bucketsPerDisorder, 1_000_000)))
  }

  /// True once the plan's events are all made.
  package var isDone: Bool { plan.eventCount.map { tally.events >= $0 } ?? false }

  /// The nominal time of the next event.
  package var nextTime: EventTime { plan.schedule.time(of: tally.events) }

  /// What was made so far.
  package var statistics: Statistics {
    Statistics(tally, journeys, delays, bytes: buffers.byteCount)
  }

  /// Makes up to `count` events, those due before `deadline`, and writes what arrives meanwhile.
  package mutating func make(
    atMost count: Int,
    before deadline: EventTime = .endOfInput
  ) throws(ConnectorError) {
    let end = min(tally.events + count, plan.eventCount ?? .max)
    while tally.events < end {
      let time = nextTime
      guard time < deadline else { break }
      try makeEvent(at: time)
      arrivals.release(by: time, into: &arriving)
      if !arriving.isEmpty { try writeArriving() }
    }
    guard plan.isWallClock else { return }
    // Nothing that is made later arrives before the next event's time.
    arrivals.release(by: min(deadline, nextTime), into: &arriving)
    try writeArriving()
  }

  /// Hands on the lines that are in memory.
  package func flush() throws(ConnectorError) { try buffers.flush() }

  /// Writes all that is still on its way, and the last answers; returns when the log has it stored.
  package mutating func finish() throws(ConnectorError) {
    arrivals.releaseAll(into: &arriving)
    try writeArriving()
    try buffers.flush()
    try writer.finish()
    try truth?.finish()
  }

  @inline(__always)
  private mutating func makeEvent(at time: EventTime) throws(ConnectorError) {
    let delay = delays.next()
    let event = journeys.next(at: plan.isWallClock ? time - delay : time)
    let arrival = plan.isWallClock ? time : event.time + delay
    tally.count(event)
    arrivals.insert(event, at: arrival)
    if truth != nil { try truth?.append(event, frontier: journeys.frontier(at: time)) }
    if duplicateShare.next() {
      arrivals.insert(event, at: arrival + delays.nextResend())
      tally.duplicates += 1
    }
    if malformedShare.next() {
      arrivals.insert(makeMalformed(like: event), at: arrival)
      tally.malformed += 1
    }
  }

  private mutating func makeMalformed(like event: Event) -> Event {
    var malformed = event
    malformed.serial = journeys.makeSerial()
    malformed.defect = Defect.number(tally.malformed)
    return malformed
  }

  private mutating func writeArriving() throws(ConnectorError) {
    for event in arriving {
      let partition = users.partition(of: event.user)
      try buffers.append(to: event.stream, partition: partition) { line, key in
        users.appendID(event.user, to: &key)
        guard event.defect != .none else { return encoder.append(event, to: &line) }
        encoder.appendMalformed(event, to: &line)
      }
    }
    arriving.removeAll(keepingCapacity: true)
  }
}
