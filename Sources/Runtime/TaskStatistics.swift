package import Connect
package import Dataflow
import Synchronization

/// How a task is doing, as of its last batch.
package struct TaskStatistics: Hashable, Sendable {
  package enum Phase: String, Sendable {
    /// Taking the task over, or rebuilding its state from the log.
    case opening
    case running
    /// Log or sink are out of reach; reading or the commit is tried again.
    case retrying
    /// The sink has not answered a commit for long: see `Silence`.
    case unanswered
    case finished
    /// The log no longer has what comes next.
    case stopped

    /// What a commit in flight may have come to, and its end mends.
    var isTrouble: Bool { self == .retrying || self == .unanswered }
  }

  package struct Input: Hashable, Sendable {
    /// Totals since the task's first record, earlier runs included.
    package var counts = TaskProgress.Counts()
    package var watermark: Watermark = .beginning
    /// Behind the end of the log, in its own unit (bytes for files), as of the last read; nil while
    /// the log does not say.
    package var lag: Int64?
    package var isIdle = false
    /// Records of this run whose key is not their user: they may not meet the user's others.
    package var strayKeys: Int64 = 0
  }

  package var task: Int
  package var phase: Phase = .opening
  package var clicks = Input()
  package var checkouts = Input()
  package var watermark: Watermark = .beginning
  /// The input whose watermark is the task's; nil when both are idle.
  package var heldBackBy: StreamKind?
  /// Records that this run has read.
  package var recordsRead: Int64 = 0
  package var bufferedClicks = 0
  package var pendingCheckouts = 0
  package var stateByteCount = 0
  package var commits = 0
  /// Wall-clock time of the last acknowledged commit.
  package var lastCommit: EventTime?

  package init(task: Int) { self.task = task }
}

/// Where a task publishes its statistics, once per batch, for other threads to read.
final class StatisticsBoard: Sendable {
  private let statistics: Mutex<TaskStatistics>

  init(task: Int) { statistics = Mutex(TaskStatistics(task: task)) }

  var current: TaskStatistics { statistics.withLock { $0 } }

  func update(_ change: (inout TaskStatistics) -> Void) { statistics.withLock { change(&$0) } }
}

/// The boards of the tasks that run here, and what those that have left had read.
final class Roster: Sendable {
  private struct State {
    var boards: [StatisticsBoard] = []
    var departedRecords: Int64 = 0
  }

  private let state = Mutex(State())

  func add(_ board: StatisticsBoard) { state.withLock { $0.boards.append(board) } }

  func remove(_ board: StatisticsBoard) {
    state.withLock { state in
      guard let index = state.boards.firstIndex(where: { $0 === board }) else { return }
      state.boards.remove(at: index)
      state.departedRecords += board.current.recordsRead
    }
  }

  /// In the order of the tasks.
  var statistics: [TaskStatistics] {
    state.withLock { $0.boards }.map(\.current).sorted { $0.task < $1.task }
  }

  /// Records read by this run, those of tasks that have left included.
  var recordsRead: Int64 {
    let state = state.withLock { $0 }
    return state.boards.reduce(state.departedRecords) { $0 + $1.current.recordsRead }
  }
}
