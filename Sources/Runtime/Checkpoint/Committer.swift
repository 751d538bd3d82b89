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
  private let settled = Mutex<Result<CommitReceipt, ConnectorError>?>(nil)

  init(task: Int, sink: any TaskSink, epoch: any Epoch, progress: TaskProgress) {
    self.task = task
    self.sink = sink
    self.epoch = epoch
    self.progress = progress
  }

  /// Nil while the commit is under way.
  var outcome: Result<CommitReceipt, ConnectorError>? { settled.withLock { $0 } }

  /// Commits, with retries, and recycles the epoch.
  func perform(_ retry: Retry) {
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

/// Commits the epochs of one worker's tasks on a thread of its own, one after another.
final class Committer: CommitQueue, Sendable {
  private struct State {
    var waiting: [CommitTicket] = []
    var isClosed = false
  }
  private let state = Mutex(State())
  private let wakeUp = Signal()
  private let worker: Signal
  private let retry: Retry

  /// - Parameters:
  ///   - worker: raised after every commit.
  ///   - retry: for transient errors.
  init(worker: Signal, retry: Retry) {
    self.worker = worker
    self.retry = retry
  }

  func submit(_ ticket: CommitTicket) {
    state.withLock { $0.waiting.append(ticket) }
    wakeUp.raise()
  }

  /// Ends `run` once everything submitted is settled.
  func close() {
    state.withLock { $0.isClosed = true }
    wakeUp.raise()
  }

  /// The thread's work, until `close`.
  func run() {
    while true {
      let (tickets, isClosed) = state.withLock { state in
        defer { state.waiting.removeAll() }
        return (state.waiting, state.isClosed)
      }
      for ticket in tickets {
        ticket.perform(retry)
        worker.raise()
      }
      if tickets.isEmpty {
        if isClosed { return }
        wakeUp.wait(atMost: .seconds(1))
      }
    }
  }
}
