import Connect

extension PipelineRun {
  /// Takes away the files that do not fit their schemas, and duplicates that no other file needs
  /// beside it.
  ///
  /// With others in the batch they stay until those are committed: the same files make the same
  /// batch, however often it is begun.
  func setAside() throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in
      for refusal in batch.refusals {
        try leavingBehind(refusal.file) { () throws(ConnectorError) in try reject(refusal) }
      }
      guard batch.files.isEmpty, result.waitingFiles.isEmpty else { return }
      try setDuplicatesAside()
    }
    pass(.setAside)
  }

  /// Moves files out of the inbox whose content is committed.
  func setDuplicatesAside() throws(ConnectorError) {
    for duplicate in batch.duplicates {
      try leavingBehind(duplicate.file) { () throws(ConnectorError) in try setAside(duplicate) }
    }
  }

  /// A file that cannot be taken away stays, and holds up no other.
  private func leavingBehind(
    _ file: TakenFile,
    _ body: () throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    do throws(ConnectorError) {
      try body()
    } catch {
      guard error.kind == .permanent else { throw error }
      result.otherFiles[file.file.name] = error.message
      warn("a file could not be taken away", ["file": file.file.name, "error": "\(error)"])
    }
  }

  private func setAside(_ duplicate: RunBatch.Duplicate) throws(ConnectorError) {
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
  private func reject(_ refusal: RunBatch.Refusal) throws(ConnectorError) {
    let file = refusal.file.file
    // When the step is tried again, some are away.
    guard file.isUnchanged else { return }
    let companion = ".reason.json"
    let place = try InboxMove.place(
      for: file,
      in: settings.inbox.rejected,
      run: id,
      companion: companion
    )
    try settings.inbox.write(JSONText.encode(refusal.reason), to: place + companion)
    pass(.reasoned)
    _ = try InboxMove.move(file, to: place, run: id)
    try ledger.forget([refusal.file.hash])
  }
}
