import Attribution
import Connect
import Dataflow
import Events
import Logging

/// One of the two inputs of a task: what is read of it, and what its progress line says.
struct TaskInput<Decoder: RunDecoder> {
  private(set) var counts: TaskProgress.Counts
  /// By this run.
  private(set) var recordsRead: Int64 = 0
  /// Records of this run whose key is not their user.
  private var strayKeys: Int64 = 0
  /// True when the last attempt to read reached the end of the log.
  private(set) var isCaughtUp = false
  /// True when the position has moved without records, so far that it is to be committed.
  private(set) var isAtMilestone = false

  /// Which input of the watermark tracker it is.
  let index: Int
  private let task: Int
  private let logger: Logger
  let reader: InputReader<Decoder>
  /// One per record of the batch.
  private var verdicts: [Verdict] = []
  /// The task's watermark when each record of the batch was read.
  private var watermarks: [Watermark] = []
  private let rule: AttributionRule
  /// event_ids of the epoch's late checkouts.
  private var lateIDs: Set<[UInt8]> = []
  private var segments: RebuildSegments
  private var idleDetector: IdleDetector

  /// Goes on at the committed position; `segments` are what the rebuild has read up to there.
  init(
    _ environment: TaskEnvironment,
    task: Int,
    index: Int,
    progress: TaskProgress.Input,
    segments: RebuildSegments
  ) throws(ConnectorError) {
    self.index = index
    self.task = task
    logger = environment.logger
    rule = environment.settings.rule
    self.segments = segments
    counts = progress.counts
    let partition = try environment.retry("opening of \(Decoder.stream.rawValue)", of: task) {
      () throws(ConnectorError) in
      try environment.source.open(
        Decoder.stream,
        partition: task,
        at: progress.position.map {
          environment.source.trimmed($0, rereadFrom: progress.rebuildPosition)
        },
        until: environment.settings.untilEnd ? .endOfLog : .never
      )
    }
    partition.onArrival { [wake = environment.job.wake] in wake(task) }
    reader = InputReader(partition, byteCount: environment.settings.readByteCount)
    idleDetector = IdleDetector(patience: environment.settings.idleTimeout)
  }

  /// Takes the next run of records all the way into the engine and the epoch; false when there is
  /// nothing to read for now.
  ///
  /// The tracker judges every record and is moved by it; the engine then settles the verdicts.
  mutating func consume(
    tracker: inout WatermarkTracker,
    engine: inout FirstClick,
    epoch: any Epoch,
    now: ContinuousClock.Instant
  ) throws(ConnectorError) -> Bool {
    try readNext(tracker: &tracker, now: now)
    let run = reader.current
    isCaughtUp = run.isCaughtUp
    let isIdle = idleDetector.isIdle(
      isCaughtUp: run.isCaughtUp,
      hasReceived: !run.isEmpty,
      now: now
    )
    tracker.setIdle(isIdle, input: index)
    if let gap = run.gap { epoch.append(gap, of: Decoder.stream) }
    if run.isMilestone { isAtMilestone = true }
    guard !run.isEmpty else { return run.gap != nil }
    let batch = run.batch
    segments.append(start: run.startPosition, greatest: batch.greatestTime)
    judge(batch, by: &tracker)
    Decoder.process(batch, verdicts: &verdicts, in: &engine)
    count(run)
    noteResends(batch, in: epoch)
    warnOfStrayKeys(run.strayKeyCount)
    Decoder.append(batch, verdicts: verdicts, watermarks: watermarks, to: epoch)
    if !batch.rejects.isEmpty { epoch.append(batch.rejects, of: Decoder.stream) }
    return true
  }

  /// An input that cannot be read is not at its end, and never idle.
  private mutating func readNext(
    tracker: inout WatermarkTracker,
    now: ContinuousClock.Instant
  ) throws(ConnectorError) {
    do throws(ConnectorError) {
      try reader.next()
    } catch {
      isCaughtUp = false
      _ = idleDetector.isIdle(isCaughtUp: false, hasReceived: false, now: now)
      tracker.setIdle(false, input: index)
      throw error
    }
  }

  /// Marks every record of the batch as on time, late or expired, each by the watermark that stood when its
  /// turn came, so that the size of batches changes nothing.
  private mutating func judge(
    _ batch: RecordBatch<Decoder.Record>,
    by tracker: inout WatermarkTracker
  ) {
    verdicts.removeAll(keepingCapacity: true)
    verdicts.reserveCapacity(batch.records.count)
    watermarks.removeAll(keepingCapacity: true)
    watermarks.reserveCapacity(batch.records.count)
    for record in batch.records {
      var verdict =
        tracker.isLate(record.time) ? lateVerdict(record.time, at: tracker.watermark) : .onTime
      if verdict == .late {
        noteLate(record)
      } else if !lateIDs.isEmpty && verdict == .onTime && isResentLate(record) {
        verdict = .resent
      }
      verdicts.append(verdict)
      watermarks.append(tracker.watermark)
      tracker.observe(record.time, input: index)
    }
  }

  /// Remembers the id of a late checkout, which the engine may never know or soon forget: until the
  /// epoch is committed, the stored rows do not know it either.
  private mutating func noteLate(_ record: Decoder.Record) {
    guard Decoder.stream == .checkouts, rule.latePolicy == .restate else { return }
    lateIDs.insert(Array(record.bytes(record.eventID)))
  }

  private func isResentLate(_ record: Decoder.Record) -> Bool {
    lateIDs.contains(Array(record.bytes(record.eventID)))
  }

  private func lateVerdict(_ time: EventTime, at watermark: Watermark) -> Verdict {
    rule.isExpired(time, at: watermark) ? .expired : .late
  }

  /// Has the epoch say what a state that is rebuilt could not know.
  private func noteResends(_ batch: RecordBatch<Decoder.Record>, in epoch: any Epoch) {
    // Records are looked at where there is something to say: next to never.
    for index in verdicts.indices where verdicts[index] == .resent {
      let record = batch.records[index]
      epoch.append(
        Resend(
          eventID: Array(record.bytes(record.eventID)),
          time: record.time,
          place: reader.place(ofOffset: record.offset)
        ),
        of: Decoder.stream
      )
    }
  }

  /// Adds the batch, with the engine's verdicts, to the totals.
  private mutating func count(_ run: DecodedRun<Decoder.Record>) {
    let batch = run.batch
    var late: Int64 = 0
    var duplicates: Int64 = 0
    for verdict in verdicts {
      switch verdict {
      case .onTime: break
      case .late, .lateUnchecked, .expired: late &+= 1
      case .duplicate, .resent: duplicates &+= 1
      }
    }
    counts.bytes += Int64(run.byteCount)
    recordsRead += Int64(batch.records.count + batch.rejects.count)
    counts.records += Int64(batch.records.count + batch.rejects.count)
    counts.stored += Int64(batch.records.count) - duplicates
    counts.duplicates += duplicates
    counts.deadLetters += Int64(batch.rejects.count)
    counts.late += late
  }

  /// Counts the records whose user may have others elsewhere; one warning a partition.
  private mutating func warnOfStrayKeys(_ found: Int) {
    if strayKeys == 0, found > 0 {
      logger.warning(
        "messages have a key other than their user_id: attributed within this partition only",
        metadata: ["stream": "\(Decoder.stream)", "partition": "\(task)"]
      )
    }
    strayKeys += Int64(found)
  }

  /// Takes over what a commit found out about the records it stored.
  mutating func correct(resends: Int64 = 0, lateDuplicates: Int64, dropped: Int64) {
    counts.correct(resends: resends, lateDuplicates: lateDuplicates, dropped: dropped)
  }

  /// The epoch is handed over; what comes next belongs to another.
  mutating func endEpoch() {
    isAtMilestone = false
    lateIDs.removeAll()
  }

  /// What the progress line says of this input now.
  mutating func progress(horizon: EventTime, watermark: Watermark) -> TaskProgress.Input {
    var input = TaskProgress.Input()
    let position = reader.current.endPosition
    input.position = position
    input.rebuildPosition = segments.rebuildPosition(horizon: horizon) ?? position
    input.watermark = watermark
    input.counts = counts
    return input
  }

  /// Fills in what statistics say of this input.
  func describe(in statistics: inout TaskStatistics.Input, tracker: WatermarkTracker) {
    statistics.counts = counts
    statistics.strayKeys = strayKeys
    statistics.watermark = tracker.watermark(ofInput: index)
    statistics.isIdle = tracker.isIdle(input: index)
    statistics.lag = reader.current.lag
  }
}

extension RecordBatch {
  /// `.beginning` when there is no record.
  var greatestTime: EventTime {
    var greatest = EventTime.beginning
    for record in records { greatest = max(greatest, record.time) }
    return greatest
  }
}
