import Connect
import Dataflow
import Logging

/// Reads the records of one slice from all shards of one stream that overlap it, in runs.
///
///     shard 3   . . a . . . b . .          the slice's records a, b, c, d, e, by arrival
///     shard 7   . c . . d . . . e    ->    a c d b e
///
/// Parents come to their end before their children begin. Among shards records come in the order of
/// arrival: while one shard has more that is still on its way, the others wait, so that reading
/// several shards makes no event late. For a shard that is read to its end they wait until its
/// children have begun.
///
///     shard 3   . a . | split                        read up to its end, its children not begun:
///       shard 8         . d . .               ->     a b     and c waits, which may be behind d
///     shard 7   . . b . . . c .
final class SliceReader: PartitionReader {
  private static let runCapacity = 4096
  /// Between two commits of a position that moves without records.
  private static let milestoneInterval: Int64 = 60_000

  let stream: StreamShards
  private let fetcher: ShardFetcher
  private let keys: ClosedRange<HashKey>
  private let bound: ReadBound
  /// Of a bound by position.
  let end: SlicePosition?
  let gapPolicy: GapPolicy
  let logger: Logger

  /// The shards that are not being read: at their end, or not known.
  var rest: SlicePosition
  var cursors: [String: ShardCursor] = [:]
  private(set) var lineage = ShardLineage([], overlapping: HashKey(0)...HashKey(0))
  private var version = -1
  /// Of this run and of the one before, which is still in use.
  private var memory = RunMemory()
  private var formerMemory = RunMemory()
  private var firstOffset: Int64 = 0
  private var formerFirstOffset: Int64 = 0
  private var isStarted = false
  /// What this run begins behind.
  var gap: LogGap?
  var missingSince: ContinuousClock.Instant?
  private var arrival: Arrival?
  private var lastMilestone: Int64

  init(
    _ stream: StreamShards,
    _ fetcher: ShardFetcher,
    keys: ClosedRange<HashKey>,
    from position: SlicePosition,
    until bound: ReadBound,
    end: SlicePosition?,
    gapPolicy: GapPolicy,
    logger: Logger
  ) {
    self.stream = stream
    self.fetcher = fetcher
    self.keys = keys
    self.bound = bound
    self.end = end
    self.gapPolicy = gapPolicy
    self.logger = logger
    rest = position
    lastMilestone = EventTime.wallClock.milliseconds
  }

  // MARK: PartitionReader

  var position: SourcePosition { current.sourcePosition }

  func read(atMost byteCount: Int) throws(ConnectorError) -> MessageRun {
    swap(&memory, &formerMemory)
    memory.removeAll()
    if !isStarted {
      followList()
      try settleRetention()
      isStarted = true
    }
    try follow()
    let start = position
    formerFirstOffset = firstOffset
    firstOffset = rest.ordinal
    try merge(atMost: byteCount)
    let messages = memory.messages(from: firstOffset)
    rest.ordinal += Int64(messages.count)
    defer { gap = nil }
    var run = MessageRun(
      messages: messages,
      byteCount: memory.byteCount,
      isCaughtUp: isCaughtUp,
      startPosition: start,
      gap: gap
    )
    run.isMilestone = isMilestone(hasRecords: !messages.isEmpty)
    return run
  }

  func lag() -> Int64 {
    if isStarted, isCaughtUp { return 0 }
    let reaches = current.shards.values.filter { $0.place != .end && $0.reach > 0 }.map(\.reach)
    return reaches.min().map { max(0, EventTime.wallClock.milliseconds - $0) } ?? 0
  }

  func place(ofOffset offset: Int64) -> String? {
    let isFormer = offset < firstOffset
    let index = Int(offset - (isFormer ? formerFirstOffset : firstOffset))
    let origins = isFormer ? formerMemory.origins : memory.origins
    guard origins.indices.contains(index) else { return nil }
    let origin = origins[index]
    return "\(origin.shardID):\(origin.page.number(of: origin.entry))"
  }

  func onArrival(_ wake: @escaping @Sendable () -> Void) { arrival = Arrival(wake) }

  // MARK: Shards

  /// Where a later reader would go on.
  var current: SlicePosition {
    var position = rest
    for (id, cursor) in cursors { position.shards[id] = cursor.position }
    return position
  }

  /// Begins what may begin, and ends what has ended.
  private func follow() throws(ConnectorError) {
    followList()
    repeat {
      try settleLost()
      for (id, cursor) in cursors where cursor.isAtEnd {
        rest.shards[id] = cursor.position
        cursors[id] = nil
      }
      try open()
      for id in cursors.keys { try cursors[id]?.advance(waking: arrival) }
    } while cursors.values.contains { $0.isAtEnd || $0.lost != nil }
    // The children of a shard that has ended are not known yet, or wait for their other parent.
    if rest.shards.values.contains(where: { $0.place == .end }) { stream.wantList() }
  }

  private func followList() {
    let snapshot = stream.snapshot
    guard snapshot.version != version else { return }
    lineage = ShardLineage(snapshot.shards.values, overlapping: keys)
    version = snapshot.version
  }

  /// Opens a cursor for every shard that is to be read.
  private func open() throws(ConnectorError) {
    var position = current
    try settleMissing(&position)
    _ = lineage.advance(&position) { wanted($0) }
    rest.shards = [:]
    for (id, shard) in position.shards where cursors[id] == nil {
      guard shard.place != .end, let description = lineage.shards[id], !isDone(id, shard) else {
        rest.shards[id] = shard
        continue
      }
      cursors[id] = ShardCursor(
        fetcher.feed(of: description, in: stream),
        of: keys,
        at: shard,
        until: limit(of: id)
      )
    }
  }

  // MARK: Bounds

  /// False for shards that a bound by position had not begun.
  private func wanted(_ id: String) -> Bool {
    guard let end else { return true }
    return end.shards[id] != nil || lineage.ancestors(of: end.shards.keys).contains(id)
  }

  /// Nil: to its end.
  private func limit(of id: String) -> RecordNumber? {
    guard case .after(let number)? = end?.shards[id]?.place else { return nil }
    return number
  }

  /// True if nothing of the shard is to be read any more.
  private func isDone(_ id: String, _ shard: ShardPosition) -> Bool {
    guard let last = end?.shards[id] else { return false }
    switch (last.place, shard.place) {
    case (.oldest, _): return true
    case (.after(let limit), .after(let number)): return number >= limit
    default: return shard.place == .end
    }
  }

  private var isCaughtUp: Bool {
    switch bound {
    case .never, .endOfLog:
      let now = ContinuousClock.now
      return isStarted && !cursors.isEmpty && rest.shards.isEmpty
        && cursors.values.allSatisfy { $0.isCaughtUp(at: now) }
    case .position:
      let current = current.shards
      return end?.shards.keys.allSatisfy { id in current[id].map { isDone(id, $0) } ?? false }
        ?? false
    }
  }

  // MARK: Records

  /// Takes records in the order of their arrival.
  private func merge(atMost byteCount: Int) throws(ConnectorError) {
    // A cursor that comes to its end under way holds the others back itself.
    let limit = heldBackByRest
    while memory.byteCount < byteCount, memory.origins.count < Self.runCapacity {
      guard let (id, arrival) = oldest(),
        arrival.milliseconds <= heldBack(from: limit, at: .now)
      else { return }
      cursors[id]?.take(into: &memory)
      try cursors[id]?.advance(waking: self.arrival)
    }
  }

  /// The shard whose next record arrived first.
  private func oldest() -> (id: String, arrival: EventTime)? {
    var best: (id: String, arrival: EventTime)?
    for (id, cursor) in cursors {
      guard let arrival = cursor.nextArrival else { continue }
      if best.map({ arrival < $0.arrival || arrival == $0.arrival && id < $0.id }) ?? true {
        best = (id, arrival)
      }
    }
    return best
  }

  /// How far records may be taken, while what comes behind a shard that is not being read is not known.
  ///
  /// Children that are known and not begun wait for a parent that is being read, which holds back for
  /// them: they have nothing that arrived before it was closed. While a shard of the position is not
  /// known, none is begun at all.
  private var heldBackByRest: Int64 {
    let mayBegin = lineage.missing(of: rest).isEmpty
    let awaited = rest.shards.filter { id, shard in
      !isDone(id, shard) && !(mayBegin && lineage.hasChildren(of: id))
    }
    return awaited.values.map(\.reach).min() ?? .max
  }

  /// How far records may be taken, while those of some shard are still on their way; `limit` at most.
  private func heldBack(from limit: Int64, at now: ContinuousClock.Instant) -> Int64 {
    var least = limit
    for cursor in cursors.values
    where cursor.nextArrival == nil && !cursor.isCaughtUp(at: now) && !cursor.isAtLimit {
      least = min(least, cursor.tip.reach)
    }
    return least
  }

  private func isMilestone(hasRecords: Bool) -> Bool {
    let now = EventTime.wallClock.milliseconds
    guard !hasRecords else {
      lastMilestone = now
      return false
    }
    guard end == nil, now - lastMilestone >= Self.milestoneInterval else { return false }
    lastMilestone = now
    return true
  }
}
