internal import CScan
internal import Dataflow

extension FirstClick {
  /// Lets every bucket go whose last moment has left the window; returns how many.
  @discardableResult
  mutating func evict(before watermark: Watermark) -> Int {
    if watermark == .endOfInput { return evictAll() }
    // A bucket's last moment is before this time where the bucket is before this time's.
    let first = buckets.number(of: windowStart(watermark.microseconds))
    guard let earliest = buckets.entries.first, earliest.number < first else { return 0 }
    clickIDs.expire(before: first, buckets)
    checkoutIDs.expire(before: first, buckets)
    let count = buckets.place(of: first)
    for entry in buckets.entries.prefix(count) { evictCells(of: entry.bucket) }
    buckets.removeEarliest(count)
    clickIDs.trim(buckets)
    checkoutIDs.trim(buckets)
    return count
  }

  private mutating func evictAll() -> Int {
    let count = buckets.entries.count
    for entry in buckets.entries { evictCells(of: entry.bucket) }
    buckets.removeEarliest(count)
    clickIDs.removeAll()
    checkoutIDs.removeAll()
    return count
  }

  /// Frees what only waiting records need; their answers keep the checkouts until they are drained.
  mutating func close(_ bucket: UnsafeMutablePointer<Buckets.Bucket>) {
    bucket.pointee.clicks.free(&cells)
    bucket.pointee.checkouts.free(&cells)
    outbox.keep(bucket.pointee.pending)
    bucket.pointee.pending = ChunkList()
  }

  /// Frees the cells of a bucket and takes its clicks off their users' chains.
  private mutating func evictCells(of bucket: UnsafeMutablePointer<Buckets.Bucket>) {
    let blocks = cells.blocks
    var walk = ChunkWalk(bucket.pointee.cells)
    var clicks = 0
    var checkouts = 0
    var count = 0
    repeat {
      count = 0
      while count < Block<UInt32>.count, let cell = walk.next(in: blocks) {
        if blocks.click(cell).pointee.stamp & CheckoutID.flag != 0 {
          checkouts &+= 1
          continue
        }
        clicks &+= 1
        let user = blocks.click(cell).pointee.user
        if user == 0 { continue }
        prefetch(users[user])
        evicted[count].initialize(to: user)
        count &+= 1
      }
      for index in 0..<count { dropHead(of: evicted[index].pointee) }
    } while count == Block<UInt32>.count
    cells.free(&bucket.pointee.cells)
    clickIDs.countOut(clicks)
    checkoutIDs.countOut(checkouts)
    clickCount &-= clicks
    evictedSinceSweep &+= clicks
  }

  /// Takes the head off the user's chain: perhaps another click of the same bucket, so that all are
  /// off when the bucket is done.
  @inline(__always) private mutating func dropHead(of user: UInt32) {
    popHead(of: user)
    if users[user].pointee.isIdle { users.remove(user) }
  }
}
