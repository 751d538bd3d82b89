import Attribution
import Connect
import Dataflow
import Events
import Logging

/// One pair of co-partitioned inputs, with its own watermark, state, positions and commits.
///
///     clicks-p ----> decode -+                        +-> epoch: raw rows, answers, dead letters
///                            +-> judge -> first click +
///     checkouts-p -> decode -+    ^                   +-> progress: positions, watermark, counts
///                                 watermark
///
/// The input that is behind in event time is read first: the state then holds the window and the
/// disorder, not the distance between the two logs. Used by one thread at a time.
final class StreamTask {
  enum Step {
    /// Call again at once.
    case progressed
    /// Nothing to do until the log grows or the commit in flight is settled.
    case waiting
    /// Everything is committed.
    case finished
    /// Everything is committed that could be read: see `loss`.
    case stopped
  }

  let task: Int
  let sink: any TaskSink
  private let environment: TaskEnvironment
  private let commits: any CommitQueue

  private var engine: FirstClick
  private var tracker: WatermarkTracker
  private var clicks: TaskInput<ClickDecoder>
  private var checkouts: TaskInput<CheckoutDecoder>
  private var engineWatermark: Watermark
  /// What the state needed before the flush emptied it.
  private var horizonBeforeFlush: EventTime?
  private var isFlushed: Bool

  private var ledger: EpochLedger
  private var filling: any Epoch
  private var spare: (any Epoch)?
  private var inFlight: CommitTicket?
  private var silence: Silence
  private var answers: [Answer] = []
  private static let stateSizeInterval = Duration.milliseconds(100)
  private var stateSize = FirstClick.Statistics()
  private var nextStateSize: ContinuousClock.Instant
  private var outage: Outage
  /// Why no more can be read, ever: the log no longer has what comes next.
  private(set) var loss: ConnectorError?

  /// Takes the task over and rebuilds its state from the log up to the committed positions.
  init(
    task: Int,
    environment: TaskEnvironment,
    sink: any TaskSink,
    commits: any CommitQueue
  ) throws(ConnectorError) {
    self.task = task
    self.environment = environment
    self.sink = sink
    self.commits = commits
    let settings = environment.settings
    environment.board.update { $0.phase = .opening }
    let restored = try RestoredTask.takeOver(task, environment, sink)
    let progress = restored.progress
    tracker = WatermarkTracker(
      restoring: [progress.clicks.watermark, progress.checkouts.watermark],
      watermark: progress.watermark,
      delay: settings.rule.watermarkDelay
    )
    engineWatermark = progress.watermark
    isFlushed = progress.isFlushed
    clicks = try TaskInput(
      environment,
      task: task,
      index: 0,
      progress: progress.clicks,
      segments: restored.clickSegments
    )
    checkouts = try TaskInput(
      environment,
      task: task,
      index: 1,
      progress: progress.checkouts,
      segments: restored.checkoutSegments
    )
    ledger = EpochLedger(
      interval: settings.commitInterval,
      byteLimit: settings.commitByteCount
    )
    filling = sink.makeEpoch()
    silence = Silence(of: task, environment)
    outage = Outage(of: "log", logger: environment.logger, metadata: ["task": "\(task)"])
    let now = environment.clock.instant()
    nextStateSize = now
    let forgotten = restored.forgotten
    engine = restored.takeEngine()
    answerAnew(forgotten, hasUnanswered: progress.hasUnanswered, at: now)
    publish(at: now)
  }

  /// Commits what the restored state asks for, though nothing may come for long: new answers to the
  /// checkouts of the times that it has forgotten, and early ones to those that wait for their final
  /// row.
  private func answerAnew(
    _ forgotten: Range<EventTime>?,
    hasUnanswered: Bool,
    at now: ContinuousClock.Instant
  ) {
    if let forgotten {
      filling.restate(forgotten)
      ledger.changed(byteCount: 0, at: now)
      handOver()
    }
    // Of a rebuild that was stopped half way nothing is to be committed.
    if hasUnanswered, environment.settings.rule.emission == .early,
      !environment.tenure.isStopRequested
    {
      ledger.changed(byteCount: 0, at: now)
    }
  }

  /// Does one thing: reads a batch, or hands an epoch over.
  ///
  /// Throws what a commit ended with; an error of the source stops the job or this task instead, which
  /// commits what it has.
  func step() throws(ConnectorError) -> Step {
    let now = environment.clock.instant()
    try settleCommit(at: now)
    if environment.tenure.isStopRequested { ledger.drain() }
    switch ledger.nextAction(at: now) {
    case .fill:
      do throws(ConnectorError) {
        return try fill(at: now)
      } catch {
        return pause(for: error, at: now)
      }
    case .commit:
      handOver()
      return .progressed
    case .wait:
      return .waiting
    case .finish:
      if loss != nil { return .stopped }
      environment.board.update { $0.phase = .finished }
      return .finished
    }
  }

  /// True while the sink is committing for this task.
  var isCommitting: Bool { inFlight.map { $0.outcome == nil } ?? false }

  /// What other threads may do for this task meanwhile.
  var readingAhead: [any ReadingAhead] { [clicks.reader, checkouts.reader] }

  // MARK: Reading

  private func fill(at now: ContinuousClock.Instant) throws(ConnectorError) -> Step {
    guard outage.allowsAttempt(at: now) else { return .waiting }
    tracker.ignoreBeyond = environment.settings.futureGuard.map {
      environment.clock.wallTime() + $0
    }
    let hasRead = try readBehind(at: now)
    outage.isOver()
    if hasRead { isFlushed = false }
    let isAtMilestone = clicks.isAtMilestone || checkouts.isAtMilestone
    if hasRead || isAtMilestone || tracker.watermark > engineWatermark {
      engineWatermark = tracker.watermark
      engine.advance(to: engineWatermark)
      // Final answers come once: they are written while what they are made of is in the cache.
      if environment.settings.rule.emission == .final && !engine.revisesStored { takeAnswers() }
      ledger.changed(byteCount: filling.byteCount, at: now)
    }
    publish(at: now)
    guard !hasRead else { return .progressed }
    guard environment.settings.untilEnd, clicks.isCaughtUp, checkouts.isCaughtUp else {
      return .waiting
    }
    flush(at: now)
    return .progressed
  }

  /// Reads the input with the smaller watermark, or else the other.
  ///
  /// While records of the one behind are still on their way, the other may get ahead of it by the
  /// watermark's delay, and no further: the state would hold the distance.
  private func readBehind(at now: ContinuousClock.Instant) throws(ConnectorError) -> Bool {
    let lead = environment.settings.rule.watermarkDelay
    let clicksWatermark = tracker.watermark(ofInput: clicks.index)
    let checkoutsWatermark = tracker.watermark(ofInput: checkouts.index)
    if clicksWatermark <= checkoutsWatermark {
      if try readClicks(at: now) { return true }
      guard clicks.isCaughtUp || checkoutsWatermark <= clicksWatermark + lead else { return false }
      return try readCheckouts(at: now)
    }
    if try readCheckouts(at: now) { return true }
    guard checkouts.isCaughtUp || clicksWatermark <= checkoutsWatermark + lead else { return false }
    return try readClicks(at: now)
  }

  /// A log out of reach is tried again later.
  ///
  /// One that has lost what comes next stops this task, what else is wrong with it the whole job; the
  /// task commits what it has.
  private func pause(
    for error: ConnectorError,
    at now: ContinuousClock.Instant
  ) -> Step {
    switch error.kind {
    case .transient:
      outage.goesOn(error, at: now)
      environment.board.update { $0.phase = .retrying }
      return .waiting
    case .lost:
      loss = error
      ledger.drain()
    default:
      environment.job.control.fail(error)
    }
    return .progressed
  }

  private func readClicks(at now: ContinuousClock.Instant) throws(ConnectorError) -> Bool {
    try clicks.consume(
      tracker: &tracker,
      engine: &engine,
      epoch: filling,
      now: now
    )
  }

  private func readCheckouts(at now: ContinuousClock.Instant) throws(ConnectorError) -> Bool {
    try checkouts.consume(
      tracker: &tracker,
      engine: &engine,
      epoch: filling,
      now: now
    )
  }

  /// The end of a bounded input: everything pending is answered, in one last commit.
  private func flush(at now: ContinuousClock.Instant) {
    ledger.drain()
    // Workers that share a log see by the commit that its end was reached, new records or not.
    guard !isFlushed || environment.job.isShared else { return }
    if !isFlushed {
      isFlushed = true
      horizonBeforeFlush = engine.stateHorizon
      engine.advance(to: .endOfInput)
    }
    ledger.changed(byteCount: filling.byteCount, at: now)
  }

  // MARK: Committing

  private func handOver() {
    takeAnswers()
    let ticket = CommitTicket(
      task: task,
      sink: sink,
      epoch: filling,
      progress: progress(),
      environment: environment
    )
    filling = spare ?? sink.makeEpoch()
    spare = nil
    clicks.endEpoch()
    checkouts.endEpoch()
    inFlight = ticket
    ledger.handedOver()
    commits.submit(ticket)
  }

  /// Moves the answers that are new or changed from the engine to the epoch.
  private func takeAnswers() {
    engine.drainAnswers(into: &answers)
    if !answers.isEmpty { filling.append(answers) }
    answers.removeAll(keepingCapacity: true)
  }

  private func progress() -> TaskProgress {
    let horizon = horizonBeforeFlush ?? engine.stateHorizon
    var progress = TaskProgress()
    progress.clicks = clicks.progress(
      horizon: horizon,
      watermark: tracker.watermark(ofInput: clicks.index)
    )
    progress.checkouts = checkouts.progress(
      horizon: horizon,
      watermark: tracker.watermark(ofInput: checkouts.index)
    )
    progress.watermark = tracker.watermark
    progress.emission = environment.settings.rule.emission
    progress.isFlushed = isFlushed
    return progress
  }

  /// Takes the outcome of the commit in flight, if it is there, before the next progress is made:
  /// what the receipt corrects is in every later total.
  private func settleCommit(at now: ContinuousClock.Instant) throws(ConnectorError) {
    guard let ticket = inFlight else { return }
    let outcome = ticket.outcome
    silence.observe(ticket.timeAtSink(at: now))
    guard let outcome else { return }
    inFlight = nil
    let receipt = try outcome.get()
    ledger.acknowledged()
    spare = ticket.epoch
    clicks.correct(
      lateDuplicates: receipt.lateClickDuplicates,
      dropped: receipt.lateClicksDropped
    )
    checkouts.correct(
      resends: receipt.resentCheckouts,
      lateDuplicates: receipt.lateCheckoutDuplicates,
      dropped: receipt.lateCheckoutsDropped
    )
    environment.job.reportCommit(task, ticket.progress)
    let wallTime = environment.clock.wallTime()
    environment.board.update {
      if $0.phase.isTrouble { $0.phase = .running }
      $0.commits += 1
      $0.lastCommit = wallTime
      $0.clicks.counts = clicks.counts
      $0.checkouts.counts = checkouts.counts
    }
  }

  // MARK: Statistics

  private func publish(at now: ContinuousClock.Instant) {
    refreshStateSize(at: now)
    environment.board.update {
      // A commit in trouble goes on in another thread.
      if inFlight == nil || !$0.phase.isTrouble { $0.phase = .running }
      clicks.describe(in: &$0.clicks, tracker: tracker)
      checkouts.describe(in: &$0.checkouts, tracker: tracker)
      $0.watermark = tracker.watermark
      $0.heldBackBy = tracker.heldBackBy.map { $0 == clicks.index ? .clicks : .checkouts }
      $0.recordsRead = clicks.recordsRead + checkouts.recordsRead
      $0.bufferedClicks = stateSize.bufferedClicks
      $0.pendingCheckouts = stateSize.pendingCheckouts
      $0.stateByteCount = stateSize.allocatedBytes
    }
  }

  /// Summing the state up takes as long as some hundred records.
  private func refreshStateSize(at now: ContinuousClock.Instant) {
    guard now >= nextStateSize else { return }
    nextStateSize = now + Self.stateSizeInterval
    stateSize = engine.statistics
  }
}
