import Foundation
import InboxPipeline
import Programs

/// Shows on standard error how far a run is, and in a few lines what it did.
struct PipelineDisplay {
  private static let refreshInterval = 0.1

  private let run: RunProgress

  init(of run: RunProgress) { self.run = run }

  /// Shows what goes on while `body` runs, and what it came to.
  func showing<Failure: Error>(
    _ body: () throws(Failure) -> RunResult?
  ) throws(Failure) -> RunResult? {
    let isOver = DispatchSemaphore(value: 0)
    let hasEnded = DispatchSemaphore(value: 0)
    let progress = Progress(of: "batch-job")
    Thread.detachNewThread { [run] in
      while isOver.wait(timeout: .now() + Self.refreshInterval) == .timedOut {
        progress.update { "run \(run.text), \(Figures.duration(progress.elapsed))" }
      }
      hasEnded.signal()
    }
    defer {
      isOver.signal()
      hasEnded.wait()
      Console.shared.clearLine()
    }
    let result = try body()
    if let result { for line in Self.lines(result) { Console.shared.write("batch-job: \(line)") } }
    return result
  }

  private static func lines(_ result: RunResult) -> [String] {
    var lines: [String] = []
    if !result.stagedRows.isEmpty {
      let rows = result.stagedRows.sorted { $0.key < $1.key }
        .map { "\(Figures.grouped($0.value)) \($0.key)" }.joined(separator: ", ")
      lines.append(
        "run \(result.run): \(result.validFiles.count) files, \(rows), \(result.days.count) days"
      )
    }
    if !result.rejectedRows.isEmpty {
      let reasons = result.rejectedRows.sorted { $0.key < $1.key }
        .map { "\(Figures.grouped($0.value)) \($0.key)" }.joined(separator: ", ")
      lines.append("rejected rows: \(reasons)")
    }
    lines += result.refusals.map { "\($0.verdict) \($0.file): \($0.reason)" }
    for (file, run) in result.duplicateFiles.sorted(by: { $0.key < $1.key }) {
      lines.append("skipped \(file): run \(run) processed the same content, dated no earlier")
    }
    for file in result.deadFiles {
      lines.append("moved \(file) to dead/: it failed \(FailureLedger.limit) runs")
    }
    if !result.waitingFiles.isEmpty, result.failure == nil {
      lines.append(
        "\(list(result.waitingFiles)) wait for \(result.waitingFor.joined(separator: ", "))"
      )
    }
    if result.isIdle, result.waitingFiles.isEmpty { lines.append("nothing waits in the inbox") }
    if let failure = result.failure {
      lines.append("run \(result.run): step \(failure.step) failed: \(failure.message)")
    }
    return lines
  }

  private static func list(_ names: [String]) -> String {
    names.count <= 3 ? names.joined(separator: ", ") : "\(Figures.grouped(names.count)) files"
  }
}

extension RunResult {
  /// Files that were not taken and why, the rejected ones first.
  var refusals: [(verdict: String, file: String, reason: String)] {
    let rejected = invalidReasons.sorted { $0.key < $1.key }
    let others = otherFiles.sorted { $0.key < $1.key }
    return rejected.map { ("rejected", $0.key, $0.value) }
      + others.map { ("left alone", $0.key, $0.value) }
  }
}
