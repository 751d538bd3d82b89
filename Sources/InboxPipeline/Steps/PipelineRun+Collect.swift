import Connect
import Dataflow
import OrderKPIs

extension PipelineRun {
  /// Lists the inbox, lets fresh files come to rest, knows the quiet ones by content, and asks
  /// whether they make a batch.
  ///
  /// Files that change for longer than the quiet period, or half a minute, wait for the next run.
  func collect() throws(StepFailure) {
    batch = Batch()
    result = RunResult(id, inbox: settings.inbox, startedAt: startedAt)
    let (quiet, restless) = try blamingNobody { () throws(ConnectorError) in try lookUntilQuiet() }
    try identify(quiet)
    try blamingNobody { () throws(ConnectorError) in
      try setDuplicatesAside()
      batch.checkCompleteness(hasProducts: try store().hasProducts())
      result.waitingFor = batch.files.isEmpty ? [] : batch.missing.map(\.rawValue)
      if !restless.isEmpty { result.waitingFor.append(Self.restlessness) }
      if !batch.missing.isEmpty {
        result.waitingFiles += (batch.files + batch.copies).map(\.file.name)
      }
      result.waitingFiles = (result.waitingFiles + restless.map(\.name)).sorted()
      if batch.hasRowsToStage { try store().begin(result, lease: lease) }
    }
    pass(.collected)
  }

  private func lookUntilQuiet() throws(ConnectorError) -> (quiet: [InboxFile], [InboxFile]) {
    let deadline = now + min(settings.quietPeriod, .seconds(30))
    while true {
      let listing = try InboxListing(of: settings.inbox)
      result.otherFiles = Dictionary(
        listing.others.map { ($0.name, $0.reason) },
        uniquingKeysWith: { first, _ in first }
      )
      let now = self.now
      let (quiet, restless) = watch.split(listing.files, at: now)
      if restless.isEmpty || now > deadline + Self.lookInterval { return (quiet, restless) }
      guard control.waitToRetry(.microseconds(Self.lookInterval.microseconds)) else {
        throw Self.stopped
      }
    }
  }

  private static var lookInterval: EventSpan { EventSpan(microseconds: 100_000) }

  private func identify(_ files: [InboxFile]) throws(StepFailure) {
    for (file, hash) in zip(files, watch.identify(files)) {
      switch hash {
      case .success(let hash): batch.files.append(TakenFile(file: file, hash: hash))
      case .failure where FileStamp(ofFile: file.path) == nil: continue
      case .failure where !file.isUnchanged: result.waitingFiles.append(file.name)
      case .failure(let error): try noteUnreadable(file, error)
      }
    }
  }

  /// Leaves a file that cannot be read, unless it could not be read three times.
  private func noteUnreadable(
    _ file: InboxFile,
    _ error: ConnectorError
  ) throws(StepFailure) {
    let taken = TakenFile(file: file, hash: .unknown(file))
    result.status = .partial
    result.otherFiles[file.name] = error.message
    batch.unreadable.append(Batch.Unreadable(file: taken, error: error))
  }

  /// Takes out what was processed by an earlier run, or stands in this batch already.
  private func setDuplicatesAside() throws(ConnectorError) {
    let runs = try store().runs(of: batch.files.map(\.content))
    var seen: Set<TableContent> = []
    let files = batch.files
    batch.files = []
    for file in files {
      if let run = runs[file.content] {
        batch.duplicates.append(Batch.Duplicate(file: file, run: run))
      } else if seen.insert(file.content).inserted {
        batch.files.append(file)
      } else {
        batch.copies.append(file)
      }
    }
  }
}
