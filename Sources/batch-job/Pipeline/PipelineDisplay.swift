import InboxPipeline
import Programs

/// What a run did, on standard error, in a few lines.
enum PipelineDisplay {
  static func show(_ result: RunResult) {
    for line in lines(result) { Console.shared.write("batch-job: \(line)") }
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
    for (file, reason) in result.invalidReasons.sorted(by: { $0.key < $1.key }) {
      lines.append("rejected file \(file): \(reason)")
    }
    for (file, run) in result.duplicateFiles.sorted(by: { $0.key < $1.key }) {
      lines.append("skipped \(file): run \(run) processed the same content")
    }
    for file in result.deadFiles {
      lines.append("moved \(file) to dead/: it failed \(FailureLedger.limit) runs")
    }
    for (file, reason) in result.otherFiles.sorted(by: { $0.key < $1.key }) {
      lines.append("left \(file) alone: \(reason)")
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
