extension TaskProgress {
  /// The totals with what the commit found out: an event that was stored already is a duplicate.
  package func corrected(by receipt: CommitReceipt) -> TaskProgress {
    var progress = self
    progress.clicks.counts.correct(
      lateDuplicates: receipt.lateClickDuplicates,
      dropped: receipt.lateClicksDropped
    )
    progress.checkouts.counts.correct(
      resends: receipt.resentCheckouts,
      lateDuplicates: receipt.lateCheckoutDuplicates,
      dropped: receipt.lateCheckoutsDropped
    )
    return progress
  }
}

extension TaskProgress.Counts {
  /// Takes over what a commit found out about events that were counted as stored: on-time resends,
  /// late duplicates, late ones dropped.
  package mutating func correct(resends: Int64 = 0, lateDuplicates: Int64, dropped: Int64) {
    stored -= resends + lateDuplicates
    late -= lateDuplicates
    duplicates += resends + lateDuplicates
    lateDropped += dropped
  }
}
