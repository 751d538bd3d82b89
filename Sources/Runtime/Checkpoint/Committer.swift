import Connect

/// Takes epochs to commit.
protocol CommitQueue: AnyObject {
  func submit(_ ticket: CommitTicket)
}

/// Commits the epochs of all tasks in the order in which they come, on several threads.
///
/// An epoch whose commit has failed for a passing reason goes back into the queue until its next try
/// is due, and all threads but one may be at such retries: a try may wait long for another session's
/// locks, and the commits of the other tasks must not wait with it.
///
/// Unchecked: what is not constant is touched under the condition's lock only.
final class Committer: CommitQueue, @unchecked Sendable {
  /// How often the waiting retries are looked at: one is late by so much at most.
  private static let lookInterval: Duration = .milliseconds(20)

  /// Threads that call `run`, at least two.
  let threadCount: Int
  private let condition = MonotonicCondition()
  private var waiting: [CommitTicket] = []
  /// Threads that are at a retry.
  private var retryCount = 0
  private var isClosed = false
  private let settled: @Sendable (_ task: Int) -> Void

  /// - Parameters:
  ///   - workers: threads that step the tasks.
  ///   - settled: called after every commit, whatever its outcome.
  init(workers: Int, settled: @escaping @Sendable (_ task: Int) -> Void) {
    threadCount = max(2, workers)
    self.settled = settled
  }

  func submit(_ ticket: CommitTicket) {
    condition.withLock { waiting.append(ticket) }
    condition.signal()
  }

  /// Ends `run` once everything submitted is settled.
  func close() {
    condition.withLock { isClosed = true }
    condition.broadcast()
  }

  /// The work of one thread, until `close`.
  func run() {
    while let ticket = next() {
      let isRetry = ticket.isRetry
      ticket.perform()
      let isSettled = ticket.outcome != nil
      condition.withLock {
        if isRetry { retryCount -= 1 }
        if !isSettled { waiting.append(ticket) }
      }
      if isSettled { settled(ticket.task) }
    }
  }

  /// Waits for a ticket; nil when there will be none.
  private func next() -> CommitTicket? {
    condition.lock()
    defer { condition.unlock() }
    while !(isClosed && waiting.isEmpty) {
      let now = ContinuousClock.now
      if let index = waiting.firstIndex(where: { mayTake($0, at: now) }) {
        let ticket = waiting.remove(at: index)
        if ticket.isRetry { retryCount += 1 }
        // Somebody who is idle must look at the rest.
        if !waiting.isEmpty { condition.signal() }
        return ticket
      }
      if waiting.isEmpty {
        condition.wait()
      } else {
        _ = condition.wait(until: now + Self.lookInterval)
      }
    }
    return nil
  }

  private func mayTake(_ ticket: CommitTicket, at now: ContinuousClock.Instant) -> Bool {
    !ticket.isRetry || retryCount < threadCount - 1 && ticket.allowsTry(at: now)
  }
}
