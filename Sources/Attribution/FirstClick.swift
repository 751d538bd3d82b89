package import Dataflow
package import Events

/// The fused first-click operator of one task: interval join, keep-first, deduplication, early rows.
///
/// ```
/// candidates(k) = { c : c.user = k.user, k.time - window <= c.time <= k.time }
/// answer(k)     = first candidate by (time, event_id), and their number
/// ```
///
/// Equal to the composed operators (`ComposedFirstClick`) and faster, because it sorts by event time
/// instead of searching: arrivals are only appended to buckets of event time; when the watermark
/// passes a bucket, it is replayed in exact order, clicks before checkouts of the same time. Then a
/// checkout's first click is the head of its user's chain, and the number of candidates the length
/// of that chain.
///
/// ```
/// window 60, delay 5        bucketed            chain of u        answers
/// t=10 click a of u         a                   -
/// t=12 checkout k of u      a k                 -                 k: a (early)
/// t=11 click b of u         a b k               -                 (a is earlier: none)
/// watermark 13              -                   a b               k: a, 2 clicks (final)
/// watermark 71              -                   b
/// ```
///
/// State: clicks with `time + window >= watermark` and the ids of checkouts of the same age, up to
/// one bucket (1/256 of window and delay, at most) more; checkouts with `time >= watermark`. A call costs O(1) per
/// record, plus the sorting of a bucket.
package struct FirstClick: ~Copyable {
  package let rule: AttributionRule
  let window: Int64
  /// Whether pending checkouts know their first click so far: where rows are early, and while pending
  /// checkouts have rows although only final ones are written; not during a rebuild.
  var isEarly: Bool
  /// Behind the last checkout of these.
  var storedEnd: Watermark = .beginning
  /// Whether users list their pending checkouts, as early answers need; otherwise they count them.
  var listsPending: Bool
  let hash: KeyedHash

  /// Everything before this is replayed.
  var frontier: Watermark = .beginning {
    didSet { setStarts() }
  }
  /// Where a rebuild under way will end.
  var rebuildTarget: Watermark? {
    didSet { setStarts() }
  }
  /// Where events come again that are older, only the stored rows know.
  private(set) var knownTimes = KnownTimes()
  /// Clicks before this only serve to recognise duplicates: those that a rebuild meets although they
  /// have left the window.
  private(set) var joinStart = Int64.min

  var buckets: Buckets
  var cells = ChunkArena()
  var users: UserTable
  var timelines = TimeIndexPool()
  var landmarks = Landmarks()
  var clickIDs: IDIndex
  var checkoutIDs: IDIndex
  var products = Interner()
  var origins = Interner()
  var outbox = Outbox()
  var clickCount = 0
  var pendingCount = 0
  /// Clicks that have left since runs of fields were last looked at.
  var evictedSinceSweep = 0

  var scratch = SortScratch()
  let identities = Block<Identity>()
  let clickKeys = Block<ClickKeys>()
  let checkoutKeys = Block<CheckoutKeys>()
  let evicted = Block<UInt32>()

  package init(rule: AttributionRule) {
    // A bucket of 1/256 to 1/512 of what is in state: it outlives its window by as little.
    let share = max(rule.window.microseconds / 256 + rule.watermarkDelay.microseconds / 256, 1)
    self.init(
      rule: rule,
      bucketBits: min(63 - share.leadingZeroBitCount, Buckets.mostBits)
    )
  }

  /// An empty operator with buckets of `2^bucketBits` microseconds.
  init(rule: AttributionRule, bucketBits: Int, hash: KeyedHash = KeyedHash()) {
    precondition(
      rule.window.microseconds >= 0,
      "a window of \(rule.window.microseconds) us is negative"
    )
    self.rule = rule
    window = rule.window.microseconds
    isEarly = rule.emission == .early
    listsPending = rule.emission == .early
    self.hash = hash
    buckets = Buckets(bits: bucketBits)
    users = UserTable(cells.blocks)
    let span = rule.window.microseconds.advanced(saturatingBy: rule.watermarkDelay.microseconds)
    let count = Int(span >> bucketBits)
    clickIDs = IDIndex(of: 0, cells.blocks, hash, bucketCount: count)
    checkoutIDs = IDIndex(of: CheckoutID.flag, cells.blocks, hash, bucketCount: count)
  }

  /// Takes clicks in log order and settles `verdicts`, which the driver has filled with `.onTime`,
  /// `.late` or `.expired`, one per record.
  ///
  /// Copies what it keeps: the batch may go away afterwards.
  package mutating func process(_ clicks: ClickBatch, verdicts: inout [Verdict]) {
    releaseHandedOver()
    FirstClick.inBlocks(clicks, &verdicts) { records, verdicts, count in
      prefetchState(records, count)
      FirstClick.admit(identities, count, verdicts, knownTimes, &clickIDs, &cells, &buckets)
      join(records, verdicts, count)
    }
  }

  /// As above, for checkouts.
  ///
  /// Late checkouts are only deduplicated: stored rows answer them.
  package mutating func process(_ checkouts: CheckoutBatch, verdicts: inout [Verdict]) {
    releaseHandedOver()
    FirstClick.inBlocks(checkouts, &verdicts) { records, verdicts, count in
      prefetchState(records, count)
      FirstClick.admit(identities, count, verdicts, knownTimes, &checkoutIDs, &cells, &buckets)
      wait(records, verdicts, count)
    }
  }

  /// Hands out a batch in blocks, small enough for what one touches to stay in the cache.
  @inline(__always)
  private static func inBlocks<Record>(
    _ batch: RecordBatch<Record>,
    _ verdicts: inout [Verdict],
    _ body: (UnsafePointer<Record>, UnsafeMutablePointer<Verdict>, Int) -> Void
  ) {
    let count = batch.records.count
    precondition(count == verdicts.count, "\(verdicts.count) verdicts for \(count) records")
    batch.records.withUnsafeBufferPointer { records in
      verdicts.withUnsafeMutableBufferPointer { verdicts in
        guard let records = records.baseAddress, let verdicts = verdicts.baseAddress else { return }
        for start in stride(from: 0, to: count, by: Block<Record>.count) {
          body(records + start, verdicts + start, min(Block<Record>.count, count &- start))
        }
      }
    }
  }

  /// Moves event time on: settles what became final, then evicts.
  ///
  /// Never moves back.
  package mutating func advance(to watermark: Watermark) {
    releaseHandedOver()
    guard watermark > frontier else { return }
    replay(before: watermark)
    frontier = watermark
    evict(before: watermark)
    if revisesStored && watermark >= storedEnd { isEarly = false }
  }

  /// Everything older than this has left the state; the rebuild position must cover all records
  /// with `time >=` it.
  package var stateHorizon: EventTime { frontier - rule.window }

  private mutating func setStarts() {
    knownTimes.start = rebuildTarget == nil ? stateHorizon.microseconds : .min
    knownTimes.isSameOnly = rebuildTarget != nil
    joinStart = rebuildTarget == nil ? .min : frontier.microseconds
  }

  package var statistics: Statistics {
    var statistics = Statistics()
    statistics.bufferedClicks = clickCount
    statistics.pendingCheckouts = pendingCount
    statistics.users = users.count
    statistics.allocatedBytes =
      buckets.allocatedBytes + cells.allocatedBytes
      + users.allocatedBytes + timelines.allocatedBytes + landmarks.allocatedBytes
      + clickIDs.allocatedBytes
      + checkoutIDs.allocatedBytes + products.allocatedBytes + origins.allocatedBytes
      + outbox.allocatedBytes + scratch.allocatedBytes
    return statistics
  }

  /// Sizes of the state, for status lines, metrics and benchmarks.
  package struct Statistics: Sendable {
    package var bufferedClicks = 0
    package var pendingCheckouts = 0
    package var users = 0
    /// Memory held for all of it, in bytes, as allocated.
    package var allocatedBytes = 0
    package init() {}
  }
}

extension FirstClick {
  // Saturating, so that extreme times neither trap nor wrap.
  @inline(__always) func windowStart(_ time: Int64) -> Int64 {
    let (start, overflow) = time.subtractingReportingOverflow(window)
    return overflow ? .min : start
  }
  @inline(__always) func windowEnd(_ time: Int64) -> Int64 {
    let (end, overflow) = time.addingReportingOverflow(window)
    return overflow ? .max : end
  }
}
