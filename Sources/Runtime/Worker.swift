import Connect
import Foundation
import Logging

/// Runs several tasks on one thread, round-robin, one step each, with one thread more for commits.
///
/// Unchecked: `run` is called once, on the worker's own thread; nothing else touches the tasks.
final class Worker: @unchecked Sendable {
  private let environment: TaskEnvironment
  private let sinks: [(task: Int, sink: any TaskSink)]
  private let signal = Signal()
  private let committer: Committer
  private var tasks: [StreamTask] = []

  init(environment: TaskEnvironment, sinks: [(task: Int, sink: any TaskSink)]) {
    self.environment = environment
    self.sinks = sinks
    committer = Committer(worker: signal, retry: environment.retry)
  }

  /// The thread's work: until every task has finished, failed or stopped.
  func run() {
    let commits = Thread { [committer] in committer.run() }
    commits.name = "commit"
    commits.start()
    defer { committer.close() }
    for (task, sink) in sinks { open(task, sink) }
    while !tasks.isEmpty {
      if !stepAll() { signal.wait(atMost: environment.settings.pollInterval) }
    }
  }

  /// One step of every task; false when all of them wait.
  private func stepAll() -> Bool {
    var hasProgressed = false
    for task in tasks {
      do throws(ConnectorError) {
        switch try task.step() {
        case .progressed:
          hasProgressed = true
        case .waiting:
          break
        case .finished:
          close(task)
          hasProgressed = true
        }
      } catch {
        hasProgressed = true
        recover(task, from: error)
      }
    }
    return hasProgressed
  }

  private func open(_ task: Int, _ sink: any TaskSink) {
    guard !environment.control.isStopRequested else { return sink.close() }
    do throws(ConnectorError) {
      let opened = try StreamTask(
        task: task,
        environment: environment,
        sink: sink,
        commits: committer
      )
      tasks.append(opened)
    } catch {
      environment.control.fail(error.explained(task: task))
      sink.close()
    }
  }

  /// A commit has ended with an error: nothing of the task is in flight any more.
  private func recover(_ task: StreamTask, from error: ConnectorError) {
    guard error.kind == .rewound else {
      environment.control.fail(error.explained(task: task.task))
      return close(task)
    }
    environment.logger.warning(
      "sink has lost commits that it had acknowledged, going back to what it holds",
      metadata: ["task": "\(task.task)", "error": "\(error)"]
    )
    tasks.removeAll { $0 === task }
    open(task.task, task.sink)
  }

  private func close(_ task: StreamTask) {
    task.sink.close()
    tasks.removeAll { $0 === task }
  }
}

extension ConnectorError {
  /// Says which task was lost to whom.
  fileprivate func explained(task: Int) -> ConnectorError {
    guard kind == .fenced else { return self }
    return ConnectorError(
      .fenced,
      "task \(task) was taken over by another worker: \(message)",
      hint: hint ?? "let only one job write a task, or stop this one for good"
    )
  }
}
