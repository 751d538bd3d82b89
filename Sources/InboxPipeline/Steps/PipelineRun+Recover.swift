import Connect
import Dataflow
import Events

extension PipelineRun {
  /// Brings to their end the runs before this one that were not: archives and reports what they
  /// committed, and notes which of them died before that.
  func recover() throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in
      for open in try store().openRuns(of: settings.inbox) {
        if open.isCommitted { try archiveFiles(of: open.run) }
        let result = outcome(of: open)
        try deliver(result, of: open.run)
        try store().note(result, isCommitted: open.isCommitted, isSettled: true)
        note(
          open.isCommitted ? "finished a run that was committed" : "noted that a run died",
          ["run": "\(open.run)"]
        )
      }
    }
    pass(.recovered)
  }

  /// Those of its files that are still in the inbox, as they were.
  private func archiveFiles(of run: RunID) throws(ConnectorError) {
    let processed = try store().files(of: run)
    let hashes = Dictionary(processed.map { ($0.name, $0.hash) }) { first, _ in first }
    for file in try InboxListing(of: settings.inbox).files {
      guard let hash = hashes[file.name], try ContentHash(of: file) == hash else { continue }
      try archive(file, of: run)
    }
    try ledger.forget(processed.map(\.hash))
  }

  private func outcome(of open: RunStore.OpenRun) -> RunResult {
    var result = open.result ?? RunResult(open.run, inbox: settings.inbox, startedAt: startedAt)
    if open.isCommitted {
      result.failure = nil
      return result
    }
    result.startDate = open.startedAt
    result.stopDate = now.iso8601
    result.status = .failed
    result.failure = RunResult.Failure(
      step: "unknown",
      message: "the process ended before it had committed",
      hint: "Nothing was committed; run \(id) starts over with the same files.",
      file: nil
    )
    return result
  }
}
