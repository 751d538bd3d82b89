import Connect
import Logging

/// A commit that has had no answer for long.
///
/// It may rightly take minutes, so nothing is ended for it: it is said, after 30 s and whenever it has
/// lasted twice as long as when it was last said, and shown as the task's phase meanwhile.
struct Silence {
  static let patience: Duration = .seconds(30)

  private let task: Int
  private let board: StatisticsBoard
  private let logger: Logger
  private var nextWarning = Self.patience

  init(of task: Int, _ environment: TaskEnvironment) {
    self.task = task
    board = environment.board
    logger = environment.logger
  }

  /// - Parameter time: that the sink has been at the commit; nil when it is at none.
  mutating func observe(_ time: Duration?) {
    guard let time, time >= Self.patience else { return end() }
    board.update { $0.phase = .unanswered }
    guard time >= nextWarning else { return }
    let seconds = time.components.seconds
    nextWarning = .seconds(2 * seconds)
    logger.warning(
      "commit has had no answer for \(seconds) s",
      metadata: ["task": "\(task)"]
    )
  }

  /// The answer may be an error: then the commit is tried again, or the task ends.
  private mutating func end() {
    guard nextWarning > Self.patience else { return }
    nextWarning = Self.patience
    board.update { if $0.phase == .unanswered { $0.phase = .retrying } }
    logger.info("commit has had its answer", metadata: ["task": "\(task)"])
  }
}
