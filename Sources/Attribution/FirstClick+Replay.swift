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
    while checkout < checkouts.count && checkouts[checkout] >> 32 < limit {
      let offset = checkouts[checkout] >> 32
      click = chain(clicks, from: click, below: offset &+ 1)
      prefetchCheckouts(checkouts, after: checkout)
      settle(
        UInt32(truncatingIfNeeded: checkouts[checkout]),
        at: base &+ Int64(offset)
      )
      checkout &+= 1
    }
    click = chain(clicks, from: click, below: limit)
    bucket.pointee.clicks.replayedCount &+= Int32(click)
    bucket.pointee.checkouts.replayedCount &+= Int32(checkout)
  }

  /// Appends clicks with an offset below `limit` to their chains; returns where it stopped.
  @inline(__always)
  private mutating func chain(
    _ clicks: UnsafeMutableBufferPointer<UInt64>,
    from start: Int,
    below limit: UInt64
  ) -> Int {
    var index = start
    while index < clicks.count && clicks[index] >> 32 < limit {
      prefetchClicks(clicks, after: index)
      append(UInt32(truncatingIfNeeded: clicks[index]))
      index &+= 1
    }
    return index
  }

  /// Answers a checkout for good: its user's chain holds what was clicked up to now.
  @inline(__always) private mutating func settle(_ checkout: UInt32, at time: Int64) {
    let blocks = cells.blocks
    let pending = cells.blocks.pending(checkout)
    let number = pending.pointee.user
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
  private func prefetchClicks(_ keys: UnsafeMutableBufferPointer<UInt64>, after index: Int) {
    let blocks = cells.blocks
    if index &+ 48 < keys.count {
      prefetch(blocks.pointer(UInt32(truncatingIfNeeded: keys[index &+ 48])))
    }
    if index &+ 32 < keys.count {
      prefetch(users[blocks.click(UInt32(truncatingIfNeeded: keys[index &+ 32])).pointee.user])
    }
    if index &+ 16 < keys.count {
      let user = blocks.click(UInt32(truncatingIfNeeded: keys[index &+ 16])).pointee.user
      prefetch(blocks.pointer(users[user].pointee.tail))
    }
  }

  @inline(__always)
  private func prefetchCheckouts(_ keys: UnsafeMutableBufferPointer<UInt64>, after index: Int) {
    let blocks = cells.blocks
    if index &+ 6 < keys.count {
      prefetch(blocks.pointer(UInt32(truncatingIfNeeded: keys[index &+ 6])))
    }
    if index &+ 4 < keys.count {
      let pending = blocks.pending(UInt32(truncatingIfNeeded: keys[index &+ 4]))
      prefetch(users[pending.pointee.user])
    }
    if index &+ 2 < keys.count {
      let pending = blocks.pending(UInt32(truncatingIfNeeded: keys[index &+ 2]))
      let head = users[pending.pointee.user].pointee.head
      prefetch(cells.blocks.pointer(head))
      prefetch(cells.blocks.header(of: head))
    }
  }
}
