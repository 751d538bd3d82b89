package import Dataflow
internal import Events

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
    isEarly = false
  }

  /// The log is re-read up to the committed positions: settles what was final then, answers the
  /// pending checkouts, and marks them as stored where rows are early.
  ///
  /// How many clicks the stored rows count is not known here: a stored checkout is handed over as a
  /// revision when it becomes final, and the sink compares.
  package mutating func finishRebuild() {
    guard let watermark = rebuildTarget else {
      preconditionFailure("no rebuild is under way")
    }
    advance(to: watermark)
    rebuildTarget = nil
    isEarly = rule.emission == .early
    answerWaiting()
    if isEarly { for checkout in waitingCheckouts { markAsStored(checkout) } }
    forgetSettled()
  }

  /// Gives the pending checkouts their answers so far, and their users what early answers are made of.
  ///
  /// At the end, when few clicks still wait: earlier, a checkout would be looked up among all clicks
  /// of the window.
  private mutating func answerWaiting() {
    for entry in buckets.entries {
      let base = entry.bucket.pointee.start
      for click in entry.bucket.pointee.clicks.waiting {
        noteFirstWaiting(click.cell, of: click.user, at: base &+ Int64(click.offset))
      }
    }
    for entry in buckets.entries {
      let base = entry.bucket.pointee.start
      for checkout in entry.bucket.pointee.checkouts.waiting {
        answerEarly(checkout.cell, of: checkout.user, at: base &+ Int64(checkout.offset))
      }
    }
  }

  // MARK: Other emissions before

  /// Hands the pending checkouts over that have no row yet, as new ones at the next drain: call when
  /// the rows so far are final ones only, and early ones are wanted from now on.
  ///
  /// - Parameter checkoutIDs: of those that have one, UTF-8.
  package mutating func handOverPending(exceptStored checkoutIDs: Set<[UInt8]>) {
    for checkout in waitingCheckouts where !isAmong(checkoutIDs, checkout) {
      let pending = cells.blocks.pending(checkout)
      pending.pointee.isHandedOver = false
      outbox.noteChange(checkout, pending)
    }
  }

  /// The fields of every pending checkout (`Answer.checkoutFields`).
  ///
  /// Valid until the next call that changes the engine.
  package var pendingFields: [UnsafeRawBufferPointer] {
    waitingCheckouts.map { cells.blocks.pendingFields($0) }
  }

  /// Revises the rows of these pending checkouts until they are final.
  ///
  /// Call after a rebuild that goes on with final rows only, where a run with early rows or a flush
  /// has given others.
  ///
  /// - Parameter checkoutIDs: of the checkouts that have a row, UTF-8.
  package mutating func revise(stored checkoutIDs: Set<[UInt8]>) {
    precondition(rule.emission == .final, "early rows are revised anyway")
    guard !checkoutIDs.isEmpty else { return }
    listPending()
    for checkout in waitingCheckouts where isAmong(checkoutIDs, checkout) {
      markAsStored(checkout)
      isEarly = true
      let time = EventTime(microseconds: cells.blocks.pending(checkout).pointee.time)
      storedEnd = max(storedEnd, time + EventSpan(microseconds: 1))
    }
  }

  /// True while changes of rows are handed over although only final ones are written.
  package var revisesStored: Bool {
    isEarly && rule.emission == .final && rebuildTarget == nil
  }

  private func isAmong(_ checkoutIDs: Set<[UInt8]>, _ checkout: UInt32) -> Bool {
    var fields = CopyFieldReader(cells.blocks.pendingFields(checkout))
    return fields.next().map { checkoutIDs.contains(Array($0)) } ?? false
  }

  private func markAsStored(_ checkout: UInt32) {
    let pending = cells.blocks.pending(checkout)
    pending.pointee.isHandedOver = true
    pending.pointee.isChanged = false
    pending.pointee.handedFirst = pending.pointee.first
    pending.pointee.handedCount = -1
  }

  private var waitingCheckouts: [UInt32] {
    buckets.entries.flatMap { entry in
      entry.bucket.pointee.checkouts.waiting.map(\.cell)
    }
  }
}
