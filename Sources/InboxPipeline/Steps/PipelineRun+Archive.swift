import Connect

extension PipelineRun {
  /// Takes every file of the batch to where it belongs, now that this is settled; those that wait
  /// stay.
  func archive() throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in
      if machine.isCommitted {
        for file in batch.files {
          try archive(file.file, of: id)
          pass(.movedOne)
        }
        try ledger.forget(batch.files.map(\.hash))
      }
      for duplicate in batch.duplicates { try setAside(duplicate) }
      for refusal in batch.refusals { try reject(refusal) }
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

  private func setAside(_ duplicate: Batch.Duplicate) throws(ConnectorError) {
    try InboxDirectory.make(settings.inbox.duplicates)
    let file = duplicate.file.file
    let place = try InboxMove.place(
      for: file,
      in: "\(settings.inbox.duplicates)/\(id)",
      run: id
    )
    if try InboxMove.move(file, to: place, run: id) {
      result.duplicateFiles[file.name] = duplicate.run
    }
  }

  /// Writes the reason first: a file in rejected/ always has one beside it.
  private func reject(_ refusal: Batch.Refusal) throws(ConnectorError) {
    let file = refusal.file.file
    let place = try InboxMove.place(for: file, in: settings.inbox.rejected, run: id)
    try WholeFile.write(JSONText.encode(refusal.reason), to: "\(place).reason.json")
    _ = try InboxMove.move(file, to: place, run: id)
    try ledger.forget([refusal.file.hash])
  }
}
