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

  private mutating func evictCells(of bucket: UnsafeMutablePointer<Buckets.Bucket>) {
    cells.seal(bucket.pointee.cells)
    var chunk = bucket.pointee.cells.first
    if chunk != 0 { prefetchUsers(ofClicksIn: chunk) }
    while chunk != 0 {
      let next = cells.header(of: chunk).pointee.next
      if next != 0 { prefetchUsers(ofClicksIn: next) }
      forEachClick(in: chunk) { engine, click in engine.evictClick(click) }
      cells.retire(chunk)
      chunk = next
    }
    bucket.pointee.cells = ChunkList()
    if cells.isWorthReclaiming { reclaimCells() }
  }

  /// Forgets the ids of the clicks and checkouts that have left the state.
  mutating func reclaimCells() {
    let retired = cells.chunksToReclaim()
    clickIDs.removeAll { retired.contains($0) }
    checkoutIDs.removeAll { retired.contains($0) }
    cells.reclaim()
  }

  /// Asks for the memory that the clicks of a chunk lead to, and for the next chunk.
  private mutating func prefetchUsers(ofClicksIn chunk: UInt32) {
    let next = cells.header(of: chunk).pointee.next
    if next != 0 {
      for offset in stride(from: 0, to: ChunkArena.chunkBytes, by: 64) {
        prefetch(cells.pointer(next) + offset)
      }
    }
    forEachClick(in: chunk) { engine, click in
      if click.pointee.user != 0 { prefetch(engine.users[click.pointee.user]) }
    }
  }

  @inline(__always)
  private mutating func forEachClick(
    in chunk: UInt32,
    _ body: (inout FirstClick, UnsafeMutablePointer<Click>) -> Void
  ) {
    let start = cells.pointer(chunk)
    let end = Int(cells.header(of: chunk).pointee.used)
    var offset = ChunkArena.headerBytes
    while offset < end {
      let cell = start + offset
      if cell.load(as: UInt32.self) & CheckoutID.flag != 0 {
        let checkout = cell.assumingMemoryBound(to: CheckoutID.self)
        offset &+= CheckoutID.byteCount(idLength: Int(checkout.pointee.idLength))
      } else {
        let click = cell.assumingMemoryBound(to: Click.self)
        offset &+= Click.byteCount(idLength: Int(click.pointee.idLength))
        body(&self, click)
      }
    }
  }

  /// Takes one click of the bucket off its user's chain: the head, which may be another one of the
  /// same bucket, so that all are off when the bucket is done.
  @inline(__always) private mutating func evictClick(_ click: UnsafeMutablePointer<Click>) {
    clickCount &-= 1
    guard click.pointee.product != 0 else { return }
    products.release(click.pointee.product)
    origins.release(click.pointee.origin)
    guard click.pointee.user != 0 else { return }
    popHead(users[click.pointee.user])
    users.release(click.pointee.user)
  }
}
