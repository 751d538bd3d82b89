extension TaskProgress {
  /// The totals with what the commit found out about late events: one that was stored already is a
  /// duplicate.
  package func corrected(by receipt: CommitReceipt) -> TaskProgress {
    var progress = self
    progress.clicks.counts.correct(
      duplicates: receipt.lateClickDuplicates,
      dropped: receipt.lateClicksDropped
    )
    progress.checkouts.counts.correct(
      duplicates: receipt.lateCheckoutDuplicates,
      dropped: receipt.lateCheckoutsDropped
    )
    return progress
  }
}

extension TaskProgress.Counts {
  /// Takes over what a commit found out about late events that were counted as stored.
  package mutating func correct(duplicates: Int64, dropped: Int64) {
    stored -= duplicates
    late -= duplicates
    self.duplicates += duplicates
    lateDropped += dropped
  }
}
