package import Attribution
package import Connect
import Synchronization

/// A sink in memory that checks the law at every commit, and fails where a test says.
///
/// It keeps what a database would: raw events, attributed rows, late events, dead letters and the
/// progress of every task. What no commit may do is noted in `violations`.
package final class MemorySink: Sink {
  /// How one commit goes wrong, counted over all tasks.
  package enum Fault: Sendable {
    case error(ConnectorError.Kind)
    /// The rows are committed, and the acknowledgement is lost.
    case lostAcknowledgement
    /// The task's last acknowledged commits are gone.
    case rewound(commits: Int)
  }

  package struct Stored: Sendable {
    package var clicks: [String: NaiveAttribution.Event] = [:]
    package var checkouts: [String: NaiveAttribution.Event] = [:]
    package var rows: [String: NaiveAttribution.Answer] = [:]
    package var revisions: [String: Int] = [:]
    package var lateEvents: [StreamKind: Set<String>] = [:]
    package var dropped: [StreamKind: Set<String>] = [:]
    package var deadLetters = 0
    package var gaps: [StreamKind: [LogGap]] = [:]
    package var resends: [StreamKind: [Resend]] = [:]
    package var progress: TaskProgress?
    /// Why the task was stopped.
    package var stopReason: String?
    package var generation = 0
    package var epoch: Int64 = 0
    var lastEpoch: MemoryEpoch.Identity?
    var lastReceipt = CommitReceipt()
  }

  struct State {
    var stored: [Int: Stored] = [:]
    var history: [Int: [Stored]] = [:]
    var violations: [String] = []
    var commitAttempts = 0
    var openFailures: [ConnectorError.Kind] = []
    var noteFailures: [ConnectorError.Kind] = []
    var refusing: Set<Int> = []
    var refusedTasks: Set<Int> = []
  }

  package let rule: AttributionRule
  package let acceptsRevisions: Bool
  private let faults: [Int: Fault]
  private let onCommit: @Sendable (_ ordinal: Int, _ task: Int) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - rule: what the stored rows are held against.
  ///   - acceptsRevisions: false for an append-only sink.
  ///   - faults: by the ordinal of the attempt to commit, over all tasks.
  ///   - openFailures: errors of the first attempts to open a task, last to first.
  ///   - noteFailures: errors of the first attempts to note a stop, last to first.
  ///   - onCommit: called after every acknowledged commit.
  package init(
    rule: AttributionRule,
    acceptsRevisions: Bool = true,
    faults: [Int: Fault] = [:],
    openFailures: [ConnectorError.Kind] = [],
    noteFailures: [ConnectorError.Kind] = [],
    onCommit: @escaping @Sendable (_ ordinal: Int, _ task: Int) -> Void = { _, _ in }
  ) {
    self.rule = rule
    self.acceptsRevisions = acceptsRevisions
    self.faults = faults
    self.onCommit = onCommit
    state.withLock { state in
      state.openFailures = openFailures
      state.noteFailures = noteFailures
    }
  }

  package var violations: [String] { state.withLock { $0.violations } }
  package var commitAttempts: Int { state.withLock { $0.commitAttempts } }

  package func stored(_ task: Int = 0) -> Stored { state.withLock { $0.stored[task] ?? Stored() } }

  /// Every commit of the task so far, first to last.
  package func history(_ task: Int = 0) -> [Stored] {
    state.withLock { $0.history[task] ?? [] }
  }

  /// A sink without faults that goes on with what this one has stored, perhaps under another rule.
  package func reopened(
    rule: AttributionRule? = nil,
    faults: [Int: Fault] = [:],
    onCommit: @escaping @Sendable (_ ordinal: Int, _ task: Int) -> Void = { _, _ in }
  ) -> MemorySink {
    let next = MemorySink(
      rule: rule ?? self.rule,
      acceptsRevisions: acceptsRevisions,
      faults: faults,
      onCommit: onCommit
    )
    let former = state.withLock { $0 }
    next.state.withLock {
      $0.stored = former.stored
      $0.history = former.history
      $0.violations = former.violations
    }
    return next
  }

  package func sharedIdentity() -> String? { acceptsRevisions ? "memory" : nil }

  package func standings(of source: String) -> [Int: TaskStanding] {
    state.withLock { state in
      state.stored.mapValues { stored in
        TaskStanding(
          epoch: stored.epoch,
          isFlushed: stored.progress?.isFlushed ?? false
        )
      }
    }
  }

  package func makeTask(
    _ task: Int,
    source identity: String,
    rule: AttributionRule
  ) -> any TaskSink {
    MemoryTaskSink(task: task, sink: self)
  }

  /// Another worker takes the task over.
  package func takeOver(_ task: Int) {
    state.withLock { $0.stored[task, default: Stored()].generation += 1 }
  }

  /// Has every commit of these tasks, and of no others, fail for a passing reason from now on.
  package func refuse(_ tasks: Set<Int>) { state.withLock { $0.refusing = tasks } }

  /// Tasks of which some commit was refused.
  package var refusedTasks: Set<Int> { state.withLock { $0.refusedTasks } }

  // MARK: What the task's end does

  func open(_ task: Int) throws(ConnectorError) -> (generation: Int, progress: TaskProgress?) {
    try state.withLock { state throws(ConnectorError) in
      if let kind = state.openFailures.popLast() {
        throw ConnectorError(kind, "could not connect to memory")
      }
      state.stored[task, default: Stored()].generation += 1
      state.stored[task]?.stopReason = nil
      let stored = state.stored[task, default: Stored()]
      return (stored.generation, stored.progress)
    }
  }

  func noteStop(
    of task: Int,
    generation: Int,
    for reason: String
  ) throws(ConnectorError) {
    try state.withLock { state throws(ConnectorError) in
      if let kind = state.noteFailures.popLast() {
        throw ConnectorError(kind, "could not connect to memory")
      }
      guard state.stored[task]?.generation == generation else { return }
      state.stored[task]?.stopReason = reason
    }
  }

  func commit(
    _ epoch: MemoryEpoch,
    _ progress: TaskProgress,
    task: Int,
    generation: Int
  ) throws(ConnectorError) -> CommitReceipt {
    let (receipt, ordinal) = try state.withLock { state throws(ConnectorError) in
      let ordinal = state.commitAttempts
      state.commitAttempts += 1
      var stored = state.stored[task, default: Stored()]
      guard stored.generation == generation else {
        throw ConnectorError(.fenced, "generation \(generation) of task \(task) has ended")
      }
      if state.refusing.contains(task) {
        state.refusedTasks.insert(task)
        throw ConnectorError(.transient, "commits of task \(task) are refused")
      }
      let fault = faults[ordinal]
      switch fault {
      case .error(let kind):
        throw ConnectorError(kind, "commit \(ordinal) fails by order of the test")
      case .rewound(let commits):
        let history = (state.history[task] ?? []).dropLast(commits)
        state.history[task] = Array(history)
        state.stored[task] = history.last ?? Stored()
        state.stored[task]?.generation = generation
        throw ConnectorError(.rewound, "\(commits) commits of task \(task) are gone")
      case .lostAcknowledgement, nil:
        break
      }
      if stored.lastEpoch !== epoch.identity {
        stored.apply(epoch, progress, rule: rule, violations: &state.violations)
        state.violations += stored.lawBreaches(rule).map { "commit \(ordinal): \($0)" }
        state.stored[task] = stored
        state.history[task, default: []].append(stored)
      }
      if case .lostAcknowledgement = fault {
        throw ConnectorError(.transient, "the acknowledgement of commit \(ordinal) is lost")
      }
      return (stored.lastReceipt, ordinal)
    }
    onCommit(ordinal, task)
    return receipt
  }
}
