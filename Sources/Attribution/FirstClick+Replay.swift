internal import CScan
internal import Dataflow

extension FirstClick {
  /// Replays what is before the watermark in the order of time, clicks before checkouts.
  mutating func replay(before watermark: Watermark) {
    // `.endOfInput` takes everything, also what stands at the very end of time.
    let last = watermark == .endOfInput ? Int64.max : watermark.microseconds &- 1
    let lastNumber = buckets.number(of: last)
    var place = buckets.place(of: buckets.number(of: frontier.microseconds))
    while place < buckets.entries.count, buckets.entries[place].number <= lastNumber {
      let entry = buckets.entries[place]
      replay(entry.bucket, through: last)
      place += 1
      let end = buckets.lastTime(of: entry.number)
      if end <= last {
        close(entry.bucket)
        place -= evict(before: EventTime(microseconds: end))
      }
    }
  }

  /// Replays the records of one bucket up to and including the time `last`.
  private mutating func replay(
    _ bucket: UnsafeMutablePointer<Buckets.Bucket>,
    through last: Int64
  ) {
    let base = buckets.firstTime(of: bucket.pointee.number)
    bucket.pointee.clicks.sortClicks(scratch: &scratch, cells: cells.blocks)
    bucket.pointee.checkouts.sort(scratch: &scratch)
    let limit =
      last >= buckets.lastTime(of: bucket.pointee.number)
      ? UInt64(1) << 32 : UInt64(buckets.offset(of: last)) &+ 1
    let clicks = bucket.pointee.clicks.waiting
    let checkouts = bucket.pointee.checkouts.waiting

    var click = 0
    var checkout = 0
    while checkout < checkouts.count && UInt64(checkouts[checkout].offset) < limit {
      let waiting = checkouts[checkout]
      click = chain(clicks, from: click, below: UInt64(waiting.offset) &+ 1)
      prefetchCheckouts(checkouts, after: checkout)
      settle(waiting, at: base &+ Int64(waiting.offset))
      checkout &+= 1
    }
    click = chain(clicks, from: click, below: limit)
    bucket.pointee.clicks.replayedCount &+= Int32(click)
    bucket.pointee.checkouts.replayedCount &+= Int32(checkout)
  }

  /// Appends clicks with an offset below `limit` to their chains; returns where it stopped.
  @inline(__always)
  private mutating func chain(
    _ clicks: UnsafeMutableBufferPointer<Waiting>,
    from start: Int,
    below limit: UInt64
  ) -> Int {
    var index = start
    while index < clicks.count && UInt64(clicks[index].offset) < limit {
      prefetchClicks(clicks, after: index)
      append(clicks[index])
      index &+= 1
    }
    return index
  }

  /// Answers a checkout for good: its user's chain holds what was clicked up to now.
  @inline(__always) private mutating func settle(_ waiting: Waiting, at time: Int64) {
    let blocks = cells.blocks
    let (checkout, number) = (waiting.cell, waiting.user)
    let pending = blocks.pending(checkout)
    let user = users[number]
    let start = windowStart(time)
    while user.pointee.head != 0 && blocks.time(of: user.pointee.head) < start {
      let head = user.pointee.head
      popHead(of: number)
      // Not in the chain any more: eviction leaves it alone.
      blocks.click(head).pointee.user = 0
    }
    pending.pointee.isSettled = true
    pendingCount &-= 1
    forget(checkout, of: user)
    let first = user.pointee.head
    let count = Int32(truncatingIfNeeded: user.pointee.count)
    let isKnown =
      pending.pointee.isHandedOver && pending.pointee.handedFirst == first
      && pending.pointee.handedCount == count
    if !isKnown && rebuildTarget == nil { post(checkout, first: first, count: count) }
    if user.pointee.isIdle { users.remove(number) }
  }

  // MARK: Waiting for memory in parallel

  @inline(__always)
  private func prefetchClicks(_ clicks: UnsafeMutableBufferPointer<Waiting>, after index: Int) {
    if index &+ 32 < clicks.count { prefetch(users[clicks[index &+ 32].user]) }
    if index &+ 16 < clicks.count {
      prefetch(cells.blocks.pointer(users[clicks[index &+ 16].user].pointee.tail))
    }
  }

  @inline(__always)
  private func prefetchCheckouts(
    _ checkouts: UnsafeMutableBufferPointer<Waiting>,
    after index: Int
  ) {
    if index &+ 6 < checkouts.count {
      prefetchPending(checkouts[index &+ 6].cell)
      prefetch(users[checkouts[index &+ 6].user])
    }
    if index &+ 3 < checkouts.count {
      prefetchClick(users[checkouts[index &+ 3].user].pointee.head)
    }
  }
}
