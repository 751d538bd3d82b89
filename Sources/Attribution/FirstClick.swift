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
  /// Whether pending checkouts know their first click so far: where rows are early, during a rebuild,
  /// and while pending checkouts have rows although only final ones are written.
  var isEarly: Bool
  /// Behind the last checkout of these.
  var storedEnd: Watermark = .beginning
  let hash: KeyedHash

  /// Everything before this is replayed.
  var frontier: Watermark = .beginning {
    didSet { setStarts() }
  }
  /// Where a rebuild under way will end.
  var rebuildTarget: Watermark? {
    didSet { setStarts() }
  }
  /// Late events before this are not looked up: only the stored rows know.
  private(set) var dedupeStart = Int64.min
  /// Ids of events before this are no longer compared with, but for those of the same time.
  ///
  /// A rebuild only takes for duplicates what has the same time: it does not know what was in the
  /// state when the record was read first, and is told of the others.
  private(set) var matchStart = Int64.min
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
  /// Clicks that have left since runs of fields were last looked through.
  var evictedSinceSweep = 0

  var scratch = SortScratch()
  let clickKeys = KeyBlock<ClickKeys>()
  let checkoutKeys = KeyBlock<CheckoutKeys>()
  let evicted = KeyBlock<UInt32>()

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
    self.hash = hash
    buckets = Buckets(bits: bucketBits)
    users = UserTable(cells.blocks)
    clickIDs = IDIndex(bucketBits: buckets.bits, kind: 0)
    checkoutIDs = IDIndex(bucketBits: buckets.bits, kind: CheckoutID.flag)
  }

  /// Takes clicks in log order and settles `verdicts`, which the driver has filled with `.onTime`,
  /// `.late` or `.expired`, one per record.
  ///
  /// Copies what it keeps: the batch may go away afterwards.
  package mutating func process(_ clicks: ClickBatch, verdicts: inout [Verdict]) {
    precondition(
      clicks.records.count == verdicts.count,
      "\(verdicts.count) verdicts for \(clicks.records.count) clicks"
    )
    releaseHandedOver()
    clicks.records.withUnsafeBufferPointer { records in
      guard let records = records.baseAddress else { return }
      var start = 0
      while start < verdicts.count {
        let end = min(start &+ KeyBlock<ClickKeys>.count, verdicts.count)
        prefetchState(records + start, end &- start)
        for index in start..<end {
          verdicts[index] = take(records + index, clickKeys[index &- start], verdicts[index])
        }
        start = end
      }
    }
  }

  /// As above, for checkouts.
  ///
  /// Late checkouts are only deduplicated: stored rows answer them.
  package mutating func process(_ checkouts: CheckoutBatch, verdicts: inout [Verdict]) {
    precondition(
      checkouts.records.count == verdicts.count,
      "\(verdicts.count) verdicts for \(checkouts.records.count) checkouts"
    )
    releaseHandedOver()
    checkouts.records.withUnsafeBufferPointer { records in
      guard let records = records.baseAddress else { return }
      var start = 0
      while start < verdicts.count {
        let end = min(start &+ KeyBlock<CheckoutKeys>.count, verdicts.count)
        prefetchState(records + start, end &- start)
        for index in start..<end {
          verdicts[index] = take(records + index, checkoutKeys[index &- start], verdicts[index])
        }
        start = end
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
    dedupeStart = rebuildTarget == nil ? stateHorizon.microseconds : .min
    matchStart = rebuildTarget == nil ? stateHorizon.microseconds : .max
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
