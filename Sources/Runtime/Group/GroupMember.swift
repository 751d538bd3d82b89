import Connect
import Foundation
import Logging

/// Follows a group of workers: opens the tasks that come to this one, closes those that go.
///
///     assigned  take the task over (which fences a former owner that hangs), go on from its line
///     revoked   finish the commit and close within a bounded time, then let the group go on
///     lost      drop it: another worker has it already
///     stopped   keep it, unread: no other worker could read on either
///     fenced    let go of it; while the group still says it is ours, take it over again, later
///
/// Runs on the job's thread; the tasks run on the pool's.
final class GroupMember {
  /// A task that the group has given to this worker.
  private enum Holding {
    case running(TaskSlot)
    /// At the end of a bounded log; its figures stay on the board, if it ran here.
    case finished(TaskSlot?)
    /// Its log no longer has what comes next; it is not read here any more.
    case stopped(TaskSlot)
    case fenced(nextAttempt: ContinuousClock.Instant)
  }

  /// How long to wait for a change of the group before looking after the tasks.
  private static let pollTimeout: Duration = .milliseconds(100)

  private let assignment: any TaskAssignment
  private let environment: JobEnvironment
  private let workers: Workers
  private let roster: Roster
  private var holdings: [Int: Holding] = [:]
  /// Earlier attempts to take a fenced task over again.
  private var backoffs: [Int: Backoff] = [:]
  private var random = SystemRandomNumberGenerator()
  private let taskCount: Int
  private var commonEnd: CommonEnd
  private var outage: Outage

  init(
    _ assignment: any TaskAssignment,
    environment: JobEnvironment,
    taskCount: Int,
    workers: Workers,
    roster: Roster
  ) {
    self.assignment = assignment
    self.environment = environment
    self.workers = workers
    self.roster = roster
    self.taskCount = taskCount
    commonEnd = CommonEnd(environment: environment, taskCount: taskCount)
    outage = Outage(of: "group", logger: environment.logger)
  }

  /// Until the stop, a failure, or the end that all workers have come to; no task runs then.
  func run() {
    if environment.settings.untilEnd { commonEnd.begin() }
    while !environment.control.isStopRequested {
      follow()
      settleEndings()
      takeFencedOverAgain()
      workers.pool.interruptOverdue()
      environment.control.stoppages.remindIfDue()
      // All of the log is this worker's, and nothing of it will ever be read.
      if stoppedTasks.count == taskCount { break }
      if environment.settings.untilEnd, hasNothingToDo,
        commonEnd.isReached(own: Set(holdings.keys), except: stoppedTasks)
      {
        break
      }
    }
    environment.control.requestStop()
    while !workers.pool.isEmpty {
      follow()
      workers.pool.interruptOverdue()
    }
  }

  private var hasNothingToDo: Bool {
    holdings.values.allSatisfy {
      switch $0 {
      case .finished, .stopped: true
      case .running, .fenced: false
      }
    }
  }

  private var stoppedTasks: [Int] {
    holdings.compactMap { task, holding in if case .stopped = holding { task } else { nil } }
  }

  // MARK: Changes of the group

  private func follow() {
    do throws(ConnectorError) {
      guard outage.allowsAttempt(at: .now) else { return Thread.sleep(for: Self.pollTimeout) }
      if let change = try assignment.nextChange(atMost: Self.pollTimeout) {
        apply(change)
        try assignment.complete(change)
      }
      outage.isOver()
    } catch {
      guard error.kind == .transient else {
        environment.control.fail(error)
        // The tasks are given time to end.
        return Thread.sleep(for: Self.pollTimeout)
      }
      outage.goesOn(error, at: .now)
    }
  }

  private func apply(_ change: AssignmentChange) {
    switch change {
    case .assigned(let tasks):
      environment.logger.info("tasks assigned", metadata: ["tasks": "\(tasks.sorted())"])
      for task in tasks where holdings[task] == nil { open(task) }
    case .revoked(let tasks):
      environment.logger.info("tasks revoked", metadata: ["tasks": "\(tasks.sorted())"])
      release(tasks)
    case .lost(let tasks):
      environment.logger.warning("tasks lost", metadata: ["tasks": "\(tasks.sorted())"])
      for slot in forget(tasks) {
        slot.environment.tenure.drop()
        roster.remove(slot.environment.board)
      }
    }
  }

  private func open(_ task: Int) {
    guard !environment.control.isStopRequested else { return }
    if environment.settings.untilEnd, commonEnd.hasSeenEnd(of: task) {
      holdings[task] = .finished(nil)
      return
    }
    do throws(ConnectorError) {
      let slot = try TaskSlot(task, job: environment, commits: workers.committer)
      holdings[task] = .running(slot)
      roster.add(slot.environment.board)
      workers.pool.add(slot)
    } catch {
      environment.control.fail(error)
    }
  }

  /// Lets the tasks commit what they have, and goes on without those that take too long: the next
  /// owner's takeover fences them.
  private func release(_ tasks: [Int]) {
    let slots = forget(tasks)
    let deadline = environment.clock.instant() + environment.settings.stopTimeout
    for slot in slots { slot.environment.tenure.release(by: deadline) }
    let late = workers.pool.wait(for: slots, until: .now + environment.settings.stopTimeout)
    for slot in late {
      environment.logger.warning(
        "task did not commit in time, its next worker reads its last rows again",
        metadata: ["task": "\(slot.number)"]
      )
      slot.environment.tenure.drop()
    }
    for slot in slots { roster.remove(slot.environment.board) }
  }

  /// - Returns: those that run.
  private func forget(_ tasks: [Int]) -> [TaskSlot] {
    tasks.compactMap { task in
      backoffs[task] = nil
      switch holdings.removeValue(forKey: task) {
      case .running(let slot):
        return slot
      case .finished(let slot):
        if let slot { roster.remove(slot.environment.board) }
        return nil
      case .stopped(let slot):
        environment.control.stoppages.remove(task)
        roster.remove(slot.environment.board)
        return nil
      case .fenced, nil:
        return nil
      }
    }
  }

  // MARK: Ends of tasks

  private func settleEndings() {
    for (slot, ending) in workers.pool.takeEndings() {
      guard case .running(let held) = holdings[slot.number], held === slot else { continue }
      switch ending {
      case .finished, .failed:
        holdings[slot.number] = .finished(slot)
      case .stopped:
        holdings[slot.number] = .stopped(slot)
      case .letGo:
        holdings[slot.number] = nil
        roster.remove(slot.environment.board)
      case .fenced:
        roster.remove(slot.environment.board)
        var backoff = backoffs[slot.number] ?? Backoff()
        let delay = backoff.nextDelay(using: &random)
        backoffs[slot.number] = backoff
        holdings[slot.number] = .fenced(nextAttempt: .now + delay)
      }
    }
  }

  /// Opens the tasks again that were fenced, where the group still says that they are ours.
  ///
  /// A worker that was frozen and woke may have taken one over before it learnt that it has lost it.
  private func takeFencedOverAgain() {
    for (task, holding) in holdings {
      guard case .fenced(let nextAttempt) = holding, nextAttempt <= .now else { continue }
      holdings[task] = nil
      open(task)
    }
  }
}

extension Thread {
  fileprivate static func sleep(for duration: Duration) {
    sleep(forTimeInterval: duration / .seconds(1))
  }
}
