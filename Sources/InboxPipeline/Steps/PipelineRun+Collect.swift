import Connect
import Dataflow
import FileInput
import OrderKPIs

extension PipelineRun {
  /// Lists the inbox, lets fresh files come to rest, knows the quiet ones by content, and asks
  /// whether they make a batch.
  ///
  /// Files that change for longer than the quiet period, or half a minute, wait for the next run.
  func collect() throws(StepFailure) {
    batch = RunBatch()
    result = RunResult(id, inbox: settings.inbox, startedAt: startedAt)
    let (quiet, restless) = try blamingNobody { () throws(ConnectorError) in try lookUntilQuiet() }
    identify(quiet)
    try blamingNobody { () throws(ConnectorError) in
      try separateDuplicates()
      batch.ahead = try store().tablesAhead()
      noteWaiting(restless.map(\.name))
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

  private func identify(_ files: [InboxFile]) {
    for (file, hash) in zip(files, watch.identify(files)) {
      switch hash {
      case .success(let hash): batch.files.append(TakenFile(file: file, hash: hash))
      case .failure where FileStamp(ofFile: file.path) == nil: continue
      case .failure where !file.isUnchanged: result.waitingFiles.append(file.name)
      case .failure(let error): noteUnreadable(file, error)
      }
    }
  }

  /// Leaves a file that cannot be read; the report counts how often that was so.
  private func noteUnreadable(_ file: InboxFile, _ error: ConnectorError) {
    let taken = TakenFile(file: file, hash: .unknown(file))
    result.otherFiles[file.name] = error.message
    batch.unreadable.append(RunBatch.Unreadable(file: taken, error: error))
  }

  /// Takes out what need not be staged: each of its rows has won or lost already.
  ///
  /// Content that comes back newer is staged again, since others may have won over it meanwhile.
  private func separateDuplicates() throws(ConnectorError) {
    let processed = try store().processedFiles(of: batch.files.map(\.content))
    batch.known = Set(processed.keys)
    let files = batch.files
    batch.files = []
    for file in files {
      if let former = processed[file.content], !former.isOlder(than: file.file) {
        batch.duplicates.append(RunBatch.Duplicate(file: file, run: former.run))
      } else {
        batch.files.append(file)
      }
    }
  }
}
