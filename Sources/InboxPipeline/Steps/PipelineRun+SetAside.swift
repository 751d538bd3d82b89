import Connect

extension PipelineRun {
  /// Takes away the files that do not fit their schemas, and duplicates that no other file needs
  /// beside it.
  ///
  /// With others in the batch they stay until those are committed: the same files make the same
  /// batch, however often it is begun.
  func setAside() throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in
      for refusal in batch.refusals { try reject(refusal) }
      guard batch.files.isEmpty, result.waitingFiles.isEmpty else { return }
      for duplicate in batch.duplicates { try setAside(duplicate) }
    }
    pass(.setAside)
  }

  /// Moves a file out of the inbox whose content is committed.
  func setAside(_ duplicate: Batch.Duplicate) throws(ConnectorError) {
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
    try settings.inbox.write(JSONText.encode(refusal.reason), to: "\(place).reason.json")
    pass(.reasoned)
    _ = try InboxMove.move(file, to: place, run: id)
    try ledger.forget([refusal.file.hash])
  }
}
