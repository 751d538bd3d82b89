import Connect

extension CommitReceipt {
  /// What a commit whose answer was lost must have said: the counts it stored against those given.
  init(given: TaskProgress, stored: TaskProgress) {
    self.init()
    let (clicks, checkouts) = (given.clicks.counts, given.checkouts.counts)
    let (storedClicks, storedCheckouts) = (stored.clicks.counts, stored.checkouts.counts)
    lateClickDuplicates = storedClicks.duplicates - clicks.duplicates
    lateCheckoutDuplicates = checkouts.late - storedCheckouts.late
    lateClicksDropped = storedClicks.lateDropped - clicks.lateDropped
    lateCheckoutsDropped = storedCheckouts.lateDropped - checkouts.lateDropped
    resentCheckouts =
      storedCheckouts.duplicates - checkouts.duplicates - lateCheckoutDuplicates
  }
}
