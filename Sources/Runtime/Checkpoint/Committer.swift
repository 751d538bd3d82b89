import Connect
import Foundation
import Synchronization

/// One epoch on its way to the sink.
///
/// The task hands epoch and progress over, and takes the epoch back with the outcome.
///
/// Unchecked: sink and epoch are touched by the committer only, from `submit` until `outcome` is
/// set.
final class CommitTicket: @unchecked Sendable {
  let task: Int
  let sink: any TaskSink
  let epoch: any Epoch
  let progress: TaskProgress
  private let retry: Retry
  private let settled = Mutex<Result<CommitReceipt, ConnectorError>?>(nil)

  init(
    task: Int,
    sink: any TaskSink,
    epoch: any Epoch,
    progress: TaskProgress,
    retry: Retry
  ) {
    self.task = task
    self.sink = sink
    self.epoch = epoch
    self.progress = progress
    self.retry = retry
  }

  /// Nil while the commit is under way.
  var outcome: Result<CommitReceipt, ConnectorError>? { settled.withLock { $0 } }

  /// Commits, with retries, and recycles the epoch.
  func perform() {
    let outcome: Result<CommitReceipt, ConnectorError>
    do throws(ConnectorError) {
      let receipt = try retry("commit", of: task) { () throws(ConnectorError) in
        try sink.commit(epoch, progress: progress)
      }
      sink.recycle(epoch)
      outcome = .success(receipt)
    } catch {
      outcome = .failure(error)
    }
    settled.withLock { $0 = outcome }
  }
}

/// Takes epochs to commit.
protocol CommitQueue: AnyObject {
  func submit(_ ticket: CommitTicket)
}

/// Commits the epochs of all tasks in the order in which they come, on several threads.
///
/// Unchecked: `waiting` and `isClosed` are touched under the condition's lock only.
final class Committer: CommitQueue, @unchecked Sendable {
  private let condition = NSCondition()
  private var waiting: [CommitTicket] = []
  private var isClosed = false
  private let settled: @Sendable (_ task: Int) -> Void

  /// - Parameter settled: called after every commit, whatever its outcome.
  init(settled: @escaping @Sendable (_ task: Int) -> Void) { self.settled = settled }

  func submit(_ ticket: CommitTicket) {
    condition.lock()
    waiting.append(ticket)
    condition.signal()
    condition.unlock()
  }

  /// Ends `run` once everything submitted is settled.
  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }

  /// The work of one thread, until `close`.
  func run() {
    while let ticket = next() {
      ticket.perform()
      settled(ticket.task)
    }
  }

  /// Waits for a ticket; nil when there will be none.
  private func next() -> CommitTicket? {
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty && !isClosed { condition.wait() }
    return waiting.isEmpty ? nil : waiting.removeFirst()
  }
}
