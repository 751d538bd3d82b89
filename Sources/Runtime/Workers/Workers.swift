import Dispatch
import Foundation

/// The threads of a job: some that step tasks, and some that commit for them.
struct Workers {
  let pool: TaskPool
  let committer: Committer
  private let stepping = DispatchGroup()
  private let committing = DispatchGroup()

  /// - Parameters:
  ///   - count: number of threads that step tasks.
  ///   - pollInterval: after which a task that waits is stepped again.
  init(count: Int, pollInterval: Duration) {
    let pool = TaskPool(workers: count, pollInterval: pollInterval)
    self.pool = pool
    committer = Committer(workers: count) { task in pool.wake(task: task) }
    for index in 0..<count {
      Self.start("worker \(index)", in: stepping) {
        while let work = pool.next(for: index) {
          switch work {
          case .step(let slot): pool.putBack(slot, slot.step())
          case .readAhead(let slot): slot.readAhead()
          }
        }
      }
    }
    for index in 0..<committer.threadCount {
      Self.start("commit \(index)", in: committing) { [committer] in committer.run() }
    }
  }

  /// How often `join` looks after the tasks: a stop is late by so much at most.
  private static let lookInterval = DispatchTimeInterval.milliseconds(100)

  /// Waits until the pool's last task has ended, interrupts those whose time is over, and does
  /// something else now and then meanwhile.
  ///
  /// The pool must be sealed.
  func join(_ meanwhile: () -> Void) {
    while stepping.wait(timeout: .now() + Self.lookInterval) == .timedOut {
      pool.interruptOverdue()
      meanwhile()
    }
    committer.close()
    committing.wait()
    // Nobody asks for them any more, and through their tasks the pool would hold itself.
    _ = pool.takeEndings()
  }

  private static func start(
    _ name: String,
    in group: DispatchGroup,
    _ body: @escaping @Sendable () -> Void
  ) {
    group.enter()
    let thread = Thread {
      body()
      group.leave()
    }
    thread.name = name
    thread.start()
  }
}
