package import Attribution
package import Connect
import Dataflow
import Foundation

/// A sink whose calls do not come back while it is frozen, as those of a stopped process.
///
/// Unchecked: what changes is touched under the condition's lock only.
package final class FreezingSink: Sink, @unchecked Sendable {
  private let sink: any Sink
  private let condition = NSCondition()
  private var isFrozen = false
  /// Whose commits are held up, and nothing else; nil: all calls.
  private var frozenTasks: Set<Int>?
  private var waiting = 0

  /// Whether a call that is held up can be ended, as one that waits for a lock.
  private let isInterruptible: Bool
  private var isInterrupted = false

  package init(_ sink: any Sink, isInterruptible: Bool = false) {
    self.sink = sink
    self.isInterruptible = isInterruptible
  }

  package var acceptsRevisions: Bool { sink.acceptsRevisions }
  package func sharedIdentity() throws(ConnectorError) -> String? { try sink.sharedIdentity() }
  /// Calls that are held up.
  package var waitingCount: Int {
    condition.lock()
    defer { condition.unlock() }
    return waiting
  }

  package func freeze() { set(true) }
  /// Holds up the commits of these tasks, and nothing else.
  package func freezeCommits(of tasks: Set<Int>) { set(true, tasks) }
  package func thaw() { set(false) }

  package func standings(of source: String) throws(ConnectorError) -> [Int: TaskStanding] {
    pass()
    return try sink.standings(of: source)
  }

  package func makeTask(
    _ task: Int,
    source identity: String,
    rule: AttributionRule
  ) throws(ConnectorError) -> any TaskSink {
    FreezingTaskSink(
      task: task,
      sink: try sink.makeTask(task, source: identity, rule: rule),
      gate: self
    )
  }

  fileprivate func pass() {
    condition.lock()
    defer { condition.unlock() }
    guard isFrozen, frozenTasks == nil else { return }
    waiting += 1
    while isFrozen { condition.wait() }
    waiting -= 1
  }

  fileprivate func interrupt() {
    condition.lock()
    isInterrupted = isInterruptible
    condition.broadcast()
    condition.unlock()
  }

  /// As `pass`, for commits, which can be interrupted.
  fileprivate func passUnlessInterrupted(_ task: Int) throws(ConnectorError) {
    condition.lock()
    defer { condition.unlock() }
    guard isFrozen, frozenTasks?.contains(task) ?? true else { return }
    waiting += 1
    defer { waiting -= 1 }
    while isFrozen {
      if isInterrupted { throw ConnectorError(.transient, "was still waiting") }
      condition.wait()
    }
  }

  private func set(_ isFrozen: Bool, _ tasks: Set<Int>? = nil) {
    condition.lock()
    self.isFrozen = isFrozen
    frozenTasks = tasks
    condition.broadcast()
    condition.unlock()
  }
}

private final class FreezingTaskSink: TaskSink {
  let task: Int
  let sink: any TaskSink
  let gate: FreezingSink

  init(task: Int, sink: any TaskSink, gate: FreezingSink) {
    self.task = task
    self.sink = sink
    self.gate = gate
  }

  func open() throws(ConnectorError) -> TaskProgress? {
    gate.pass()
    return try sink.open()
  }

  func droppedTimes(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<EventTime>] {
    try sink.droppedTimes(stream, since: horizon)
  }

  func resentPlaces(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<String>] {
    try sink.resentPlaces(stream, since: horizon)
  }

  func answeredIDs(
    among checkouts: [UnsafeRawBufferPointer]
  ) throws(ConnectorError) -> Set<[UInt8]> {
    try sink.answeredIDs(among: checkouts)
  }

  func makeEpoch() -> any Epoch { sink.makeEpoch() }

  func commit(_ epoch: any Epoch, progress: TaskProgress) throws(ConnectorError) -> CommitReceipt {
    try gate.passUnlessInterrupted(task)
    return try sink.commit(epoch, progress: progress)
  }

  func recycle(_ epoch: any Epoch) { sink.recycle(epoch) }
  func interrupt() { gate.interrupt() }
  func close() { sink.close() }
}
