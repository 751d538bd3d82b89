import Connect

extension TaskProgress {
  /// With late events settled: those already stored are duplicates, not stored late events.
  func corrected(by receipt: CommitReceipt) -> TaskProgress {
    var progress = self
    progress.clicks.counts.settleLate(
      duplicates: receipt.lateClickDuplicates,
      dropped: receipt.lateClicksDropped
    )
    progress.checkouts.counts.settleLate(
      duplicates: receipt.lateCheckoutDuplicates,
      dropped: receipt.lateCheckoutsDropped
    )
    return progress
  }
}

extension TaskProgress.Counts {
  fileprivate mutating func settleLate(duplicates count: Int64, dropped: Int64) {
    stored -= count
    late -= count
    duplicates += count
    lateDropped += dropped
  }
}

extension CommitReceipt {
  /// What a commit whose answer was lost must have said: the counts it stored against those given.
  init(given: TaskProgress, stored: TaskProgress) {
    self.init()
    lateClickDuplicates = stored.clicks.counts.duplicates - given.clicks.counts.duplicates
    lateCheckoutDuplicates = stored.checkouts.counts.duplicates - given.checkouts.counts.duplicates
    lateClicksDropped = stored.clicks.counts.lateDropped - given.clicks.counts.lateDropped
    lateCheckoutsDropped = stored.checkouts.counts.lateDropped - given.checkouts.counts.lateDropped
  }
}
