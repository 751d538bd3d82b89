import Connect

extension PipelineRun {
  /// Takes the files of the batch into the archive, now that their rows are committed, and away
  /// those that were duplicates.
  func archive() throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in
      for file in batch.files {
        try archive(file.file, of: id)
        progress.fileDone()
        pass(.movedOne)
      }
      try setDuplicatesAside()
      try ledger.forget(batch.files.map(\.hash))
    }
    pass(.archived)
  }

  /// Moves a file whose rows are committed into the archive of its run.
  func archive(_ file: InboxFile, of run: RunID) throws(ConnectorError) {
    let place = try InboxMove.place(
      for: file,
      in: "\(settings.inbox.archive)/\(run)",
      run: run
    )
    if try !InboxMove.move(file, to: place, run: run) {
      warn(
        "a file was replaced after its rows were read; the new one waits for the next run",
        ["file": "\(file.name)"]
      )
    }
  }
}
