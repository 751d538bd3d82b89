internal import CScan
internal import Dataflow

extension FirstClick {
  /// How far ahead the memory of checkouts is asked for.
  private static var answersAhead: Int { 8 }

  /// Hands over every answer that is new or changed since the last call (end of an epoch).
  ///
  /// A checkout appears at most once; `.final` emission hands over final answers only, and changes of
  /// rows that are stored all the same. Appends to `answers`, final ones first.
  package mutating func drainAnswers(into answers: inout [Answer]) {
    releaseHandedOver()
    for index in 0..<outbox.settled.count {
      if index + Self.answersAhead < outbox.settled.count {
        prefetchPending(outbox.settled[index + Self.answersAhead].checkout)
      }
      answers.append(finalAnswer(outbox.settled[index]))
    }
    let changed = outbox.changed
    for (index, checkout) in changed.enumerated() {
      if index + 2 * Self.answersAhead < changed.count {
        prefetchPending(changed[index + 2 * Self.answersAhead])
      }
      if index + Self.answersAhead < changed.count {
        prefetchClick(cells.blocks.pending(changed[index + Self.answersAhead]).pointee.first)
      }
      let pending = cells.blocks.pending(checkout)
      if pending.pointee.isSettled { continue }
      pending.pointee.isChanged = false
      answers.append(earlyAnswer(checkout, pending))
      pending.pointee.isHandedOver = true
      pending.pointee.handedFirst = pending.pointee.first
      pending.pointee.handedCount = pending.pointee.count
    }
    outbox.markDrained()
  }

  /// Lets go what the last `drainAnswers` handed over.
  @inline(__always) mutating func releaseHandedOver() {
    if outbox.isDrained { forgetSettled() }
  }

  /// Empties the outbox of final answers and frees the checkouts of closed buckets.
  mutating func forgetSettled() {
    for list in outbox.kept {
      var list = list
      cells.free(&list)
    }
    outbox.removeAll()
    sweepRuns()
  }

  /// Forgets runs of fields whose clicks have left; no answer waits for the next hand-over.
  ///
  /// Looks at 4 slots for each click that has left: at every run before about as many clicks have left
  /// as there are runs.
  private mutating func sweepRuns() {
    let slotCount = clickCount == 0 ? Int.max : evictedSinceSweep * 4
    evictedSinceSweep = 0
    let firstBucket = buckets.entries.first?.number ?? .max
    products.sweep(slotCount, before: firstBucket, &cells)
    origins.sweep(slotCount, before: firstBucket, &cells)
  }

  /// Puts a final answer up for the next hand-over.
  @inline(__always) mutating func post(_ checkout: UInt32, first: UInt32, count: Int32) {
    var settled = Outbox.Settled(checkout: checkout, count: count)
    if first != 0 {
      let blocks = cells.blocks
      settled.clickTime = blocks.time(of: first)
      settled.product = blocks.click(first).pointee.product
      settled.origin = blocks.click(first).pointee.origin
      settled.clickID = outbox.writeID(of: first, blocks)
    }
    outbox.append(settled)
  }

  private func finalAnswer(_ settled: Outbox.Settled) -> Answer {
    let pending = cells.blocks.pending(settled.checkout)
    let isAttributed = settled.product != 0
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    return Answer(
      kind: pending.pointee.isHandedOver ? .revision : .new,
      isFinal: true,
      clicksInWindow: settled.count,
      checkoutTime: EventTime(microseconds: pending.pointee.time),
      checkoutFields: cells.blocks.pendingFields(settled.checkout),
      clickID: isAttributed ? outbox.id(settled.clickID) : nothing,
      clickTime: EventTime(microseconds: settled.clickTime),
      productFields: isAttributed ? products.bytes(settled.product) : nothing,
      originFields: isAttributed ? origins.bytes(settled.origin) : nothing
    )
  }

  private mutating func earlyAnswer(
    _ checkout: UInt32,
    _ pending: UnsafeMutablePointer<Pending>
  ) -> Answer {
    let first = pending.pointee.first
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    var answer = Answer(
      kind: pending.pointee.isHandedOver ? .revision : .new,
      isFinal: false,
      clicksInWindow: pending.pointee.count,
      checkoutTime: EventTime(microseconds: pending.pointee.time),
      checkoutFields: cells.blocks.pendingFields(checkout),
      clickID: nothing,
      clickTime: EventTime(microseconds: 0),
      productFields: nothing,
      originFields: nothing
    )
    if first != 0 {
      answer.clickID = outbox.id(outbox.writeID(of: first, cells.blocks))
      answer.clickTime = EventTime(microseconds: cells.blocks.time(of: first))
      answer.productFields = products.bytes(cells.blocks.click(first).pointee.product)
      answer.originFields = origins.bytes(cells.blocks.click(first).pointee.origin)
    }
    return answer
  }
}
