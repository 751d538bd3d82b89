package import Attribution
package import Dataflow
package import Events

/// Where a task stands: its line in `stream_progress`, written in the same transaction as its rows.
package struct TaskProgress: Hashable, Sendable {
  package struct Input: Hashable, Sendable {
    /// The next record to read; nil: the beginning of the log.
    package var position: SourcePosition?
    /// Reading from here on rebuilds the state; nil: the beginning of the log.
    package var rebuildPosition: SourcePosition?
    /// Greatest event time seen - watermark delay.
    package var watermark: Watermark = .beginning
    package var counts = Counts()
    package init() {}
  }
  /// Totals since the task's first record.
  ///
  /// records = stored + duplicates + deadLetters.
  package struct Counts: Hashable, Sendable {
    package var records: Int64 = 0
    package var stored: Int64 = 0
    package var duplicates: Int64 = 0
    package var deadLetters: Int64 = 0
    /// Of the stored ones: how many came late, and of these how many changed no answer.
    package var late: Int64 = 0
    package var lateDropped: Int64 = 0
    package var bytes: Int64 = 0
    package init() {}
  }

  package var clicks = Input()
  package var checkouts = Input()
  /// The watermark of the data: where a later run on a grown log goes on from.
  package var watermark: Watermark = .beginning
  /// How the rows so far were emitted: with `.final`, pending checkouts have none yet.
  package var emission = AttributionRule.Emission.early
  /// True once the end of input was reached: then everything stored is final for now.
  package var isFlushed = false
  package init() {}

  /// True when stored checkouts may have no row, since they wait for their final one.
  package var hasUnanswered: Bool { emission == .final && !isFlushed }
}

/// Rows of one task since its last commit.
///
/// Filled by the task's thread, then committed whole.
package protocol Epoch: AnyObject {
  /// Memory held by the rows, for the commit size.
  var byteCount: Int { get }

  /// Stores the records by verdict: `.onTime` raw rows, late ones to be settled at the commit
  /// (one beyond the rule's late horizon is dropped: listed, stored, changes nothing). The
  /// watermarks are the task's when each record was read.
  func append(_ clicks: ClickBatch, verdicts: [Verdict], watermarks: [Watermark])
  func append(_ checkouts: CheckoutBatch, verdicts: [Verdict], watermarks: [Watermark])
  func append(_ rejects: [RejectedMessage], of stream: StreamKind)
  func append(_ gap: LogGap, of stream: StreamKind)
  func append(_ resend: Resend, of stream: StreamKind)
  func append(_ answers: [Answer])
  /// Has the commit answer the task's stored checkouts of these times again, from the stored rows:
  /// the state that knew them is gone. For an epoch without rows of its own.
  func restate(_ times: Range<EventTime>)
}

/// How a commit settled what only the stored rows could say.
package struct CommitReceipt: Hashable, Sendable {
  /// Late events that turned out to be stored already.
  package var lateClickDuplicates: Int64 = 0
  package var lateCheckoutDuplicates: Int64 = 0
  /// Late events that changed no answer by policy or horizon.
  package var lateClicksDropped: Int64 = 0
  package var lateCheckoutsDropped: Int64 = 0
  /// Checkouts that came on time and turned out to be stored already, with another time.
  package var resentCheckouts: Int64 = 0
  package init() {}
}

/// The sink of one task.
///
/// One owner at a time: opening it fences the former owner.
///
/// `open` and `commit` block; a task calls them from one thread at a time. Only `interrupt` may be
/// called meanwhile.
package protocol TaskSink: AnyObject {
  /// Takes the task over and returns its committed progress; nil when it never committed.
  func open() throws(ConnectorError) -> TaskProgress?
  /// The times of late events that were dropped and are younger than `horizon`, by event_id: a
  /// rebuild joins nothing with them. May be called again after a transient error.
  func droppedTimes(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<EventTime>]
  /// The places of the task's resends that are younger than `horizon`, by event_id: a rebuild skips
  /// them. May be called again after a transient error.
  func resentPlaces(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<String>]
  /// Those of these checkouts, by event_id, that have a row: early ones, or of a flush. Each is given
  /// by its fields as `Answer.checkoutFields` has them. May be called again after a transient error.
  func answeredIDs(
    among checkouts: [UnsafeRawBufferPointer]
  ) throws(ConnectorError) -> Set<[UInt8]>
  func makeEpoch() -> any Epoch
  /// Writes the epoch and the progress in one transaction. `progress` counts late events as stored
  /// until the receipt corrects it: the sink writes the corrected counts.
  ///
  /// On a transient error nothing is lost: calling again with the same arguments finds out whether
  /// the former try had committed and repeats it if not.
  func commit(_ epoch: any Epoch, progress: TaskProgress) throws(ConnectorError) -> CommitReceipt
  /// Keeps why the task reads no more, for people to see until a worker opens it again; nothing
  /// happens when another worker has it. May be called again after a transient error.
  func noteStop(for reason: String) throws(ConnectorError)
  /// Makes the epoch empty again, keeping its memory.
  func recycle(_ epoch: any Epoch)
  /// Has the call that another thread is in end soon, with a transient error, if it waits for
  /// something outside; called again and again, from any thread, once the time for it is over.
  func interrupt()
  func close()
}

extension TaskSink {
  /// Nothing, for a sink whose calls do not wait.
  package func interrupt() {}
}

/// A destination for attributed rows.
///
/// What throws may be called again after a transient error.
package protocol Sink: Sendable {
  /// What the sink can do: a table that can be revised, or append-only rows, final ones only.
  var acceptsRevisions: Bool { get }
  /// Names a sink that several workers may write, each its own tasks: one that keeps their progress,
  /// where a takeover fences the former owner. Nil when one worker must run all tasks.
  func sharedIdentity() throws(ConnectorError) -> String?
  /// Where the tasks of a log stand that were ever taken over, without taking them over; empty for a
  /// sink that is not shared.
  func standings(of source: String) throws(ConnectorError) -> [Int: TaskStanding]
  /// Refuses a job of so many tasks, of all its workers together, that the sink cannot serve at once.
  ///
  /// - Throws: `.permanent` then.
  func requireRoom(forTasks count: Int) throws(ConnectorError)
  /// Joins the workers that write here and share the tasks 0..<count of a log that knows no groups;
  /// nil for a sink that is not shared.
  func leaseTasks(
    of source: String,
    count: Int
  ) throws(ConnectorError) -> (any TaskAssignment)?
  func makeTask(
    _ task: Int,
    source identity: String,
    rule: AttributionRule
  ) throws(ConnectorError) -> any TaskSink
  /// Keeps what workers read of the log's parts; nil for a sink that does not.
  func makeReadsLedger() -> (any ReadsLedger)?
  /// What was written so far; nil for a sink that accepts revisions.
  var appendedRows: AppendedRows? { get }
}

/// Adds up what all workers have read of a log's parts, for people and monitors to see.
///
/// Used by one thread.
package protocol ReadsLedger: AnyObject {
  /// Adds counts of this worker to the totals, and takes over how far behind it is where it says so.
  ///
  /// - Parameter reads: what has come since the last call that succeeded.
  /// - Throws: when the counts were not added, as far as that can be told.
  func add(_ reads: [PartReads]) throws(ConnectorError)
}

/// How far a task has come, seen from outside.
package struct TaskStanding: Hashable, Sendable {
  /// Its number of commits.
  package var epoch: Int64
  /// True when the last one was made at the end of a bounded log.
  package var isFlushed: Bool

  package init(epoch: Int64, isFlushed: Bool) {
    self.epoch = epoch
    self.isFlushed = isFlushed
  }
}

extension TaskSink {
  package func noteStop(for reason: String) throws(ConnectorError) {}
}

extension Sink {
  package func sharedIdentity() throws(ConnectorError) -> String? { nil }
  package func standings(of source: String) throws(ConnectorError) -> [Int: TaskStanding] { [:] }
  package func requireRoom(forTasks count: Int) throws(ConnectorError) {}
  package func makeReadsLedger() -> (any ReadsLedger)? { nil }
  package var appendedRows: AppendedRows? { nil }
  package func leaseTasks(
    of source: String,
    count: Int
  ) throws(ConnectorError) -> (any TaskAssignment)? { nil }
}
