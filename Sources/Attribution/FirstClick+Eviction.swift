internal import CScan
internal import Dataflow

extension FirstClick {
  /// Lets every bucket go whose last moment has left the window; returns how many.
  @discardableResult
  mutating func evict(before watermark: Watermark) -> Int {
    var count = 0
    while count < buckets.entries.count {
      let entry = buckets.entries[count]
      let last = buckets.lastTime(of: entry.number)
      guard watermark == .endOfInput || windowEnd(last) < watermark.microseconds else { break }
      evictCells(of: buckets[entry.index])
      count += 1
    }
    if count > 0 { buckets.removeEarliest(count) }
    return count
  }

  /// Frees what only waiting records need; their answers keep the checkouts until they are drained.
  mutating func close(_ index: UInt32) {
    let bucket = buckets[index]
    bucket.pointee.clicks.free()
    bucket.pointee.checkouts.free()
    outbox.keep(bucket.pointee.pending)
    bucket.pointee.pending = ChunkList()
  }

  /// Forgets the ids of a bucket and takes its clicks off their users' chains.
  private mutating func evictCells(of bucket: UnsafeMutablePointer<Buckets.Bucket>) {
    cells.seal(bucket.pointee.cells)
    let blocks = cells.blocks
    var walk = ChunkWalk(bucket.pointee.cells)
    var count = 0
    repeat {
      count = 0
      while count < EvictionBlock.count, let cell = walk.next(in: blocks) {
        evicted[count].initialize(to: prefetchEvicted(cell))
        count &+= 1
      }
      for index in 0..<count { evict(evicted[index].pointee) }
    } while count == EvictionBlock.count
    cells.free(&bucket.pointee.cells)
    clickIDs.trim(blocks, hash)
    checkoutIDs.trim(blocks, hash)
  }

  /// Asks for the memory that forgetting a cell touches.
  @inline(__always) private func prefetchEvicted(_ cell: UInt32) -> EvictedCell {
    let blocks = cells.blocks
    let key = hash.id(blocks.id(cell))
    let isCheckout = blocks.click(cell).pointee.stamp & CheckoutID.flag != 0
    if isCheckout {
      checkoutIDs.prefetchLines(of: key)
    } else {
      clickIDs.prefetchLines(of: key)
      prefetch(users[blocks.click(cell).pointee.user])
    }
    return EvictedCell(reference: cell, isCheckout: isCheckout, key: key)
  }

  /// A click takes the head off its user's chain: perhaps another one of the same bucket, so that
  /// all are off when the bucket is done.
  @inline(__always) private mutating func evict(_ cell: EvictedCell) {
    if cell.isCheckout { return checkoutIDs.remove(cell.key, cell.reference) }
    clickIDs.remove(cell.key, cell.reference)
    clickCount &-= 1
    evictedSinceSweep &+= 1
    let user = cells.blocks.click(cell.reference).pointee.user
    guard user != 0 else { return }
    popHead(of: user)
    if users[user].pointee.isIdle { users.remove(user) }
  }
}

/// A cell that is about to leave.
struct EvictedCell: BitwiseCopyable {
  var reference: UInt32
  var isCheckout: Bool
  var key: HashKey
}

typealias EvictionBlock = KeyBlock<EvictedCell>
