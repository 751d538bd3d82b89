package import Dataflow

extension FirstClick {
  /// Call on an empty operator, before re-reading the log from the rebuild position: records are
  /// then processed as `.onTime`, those that were dropped as `.expired`, and `finishRebuild` ends it.
  ///
  /// The dropped ones, and those older than the state's horizon, only serve to recognise duplicates.
  ///
  /// - Parameter watermark: the task's watermark at the committed positions.
  package mutating func beginRebuild(watermark: Watermark) {
    precondition(
      clickCount == 0 && pendingCount == 0 && frontier == .beginning && rebuildTarget == nil,
      "a rebuild starts from an empty operator, this one has \(clickCount) clicks"
    )
    rebuildTarget = watermark
    frontier = watermark - rule.window
  }

  /// The log is re-read up to the committed positions: settles what was final then, and marks every
  /// pending checkout as stored.
  ///
  /// Nothing of it is handed over as new.
  ///
  /// How many clicks the stored rows count is not known here: a stored checkout is handed over as a
  /// revision when it becomes final, and the sink compares.
  package mutating func finishRebuild() {
    guard let watermark = rebuildTarget else {
      preconditionFailure("no rebuild is under way")
    }
    advance(to: watermark)
    rebuildTarget = nil
    markPendingAsStored()
    forgetSettled()
  }

  /// Hands every pending checkout over at the next drain: call when the rows so far are final ones
  /// only, and early ones are wanted from now on.
  package mutating func handOverPending() {
    for checkout in waitingCheckouts { outbox.noteChange(checkout, cells.blocks.pending(checkout)) }
  }

  private func markPendingAsStored() {
    for checkout in waitingCheckouts {
      let pending = cells.blocks.pending(checkout)
      pending.pointee.isHandedOver = true
      pending.pointee.isChanged = false
      pending.pointee.handedFirst = pending.pointee.first
      pending.pointee.handedCount = -1
    }
  }

  private var waitingCheckouts: [UInt32] {
    buckets.entries.flatMap { entry in
      entry.bucket.pointee.checkouts.waiting.map { UInt32(truncatingIfNeeded: $0) }
    }
  }
}
