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
      cells.free(&buckets[entry.index].pointee.cells)
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
    while chunk != 0 {
      let header = cells.header(of: chunk)
      let next = header.pointee.next
      if next != 0 {
        for offset in stride(from: 0, to: ChunkArena.chunkBytes, by: 64) {
          prefetch(cells.pointer(next) + offset)
        }
      }
      evictCells(chunk, header)
      chunk = next
    }
  }

  /// Forgets the ids of one chunk and takes its clicks off their chains.
  private mutating func evictCells(_ chunk: UInt32, _ header: UnsafeMutablePointer<ChunkHeader>) {
    withUnsafeTemporaryAllocation(
      of: (cell: UInt32, tag: UInt32).self,
      capacity: ChunkArena.chunkBytes / 8
    ) { found in
      let count = collect(found, chunk, end: header.pointee.used)
      for (cell, tag) in found[..<count] {
        let first = cells.pointer(cell).load(as: UInt32.self)
        if first & CheckoutID.flag != 0 {
          checkoutIDs.remove(tag, cell)
        } else {
          clickIDs.remove(tag, cell)
          evictClick(cells.click(cell).pointee)
        }
      }
    }
  }

  /// Lists the cells of a chunk with their tags, and asks for the memory they lead to.
  @inline(__always)
  private func collect(
    _ found: UnsafeMutableBufferPointer<(cell: UInt32, tag: UInt32)>,
    _ chunk: UInt32,
    end: UInt32
  ) -> Int {
    var count = 0
    var offset = UInt32(ChunkArena.headerBytes)
    while offset < end {
      let cell = chunk &+ offset >> 2
      let first = cells.pointer(cell).load(as: UInt32.self)
      let tag: UInt32
      if first & CheckoutID.flag != 0 {
        let id = cells.checkoutID(cell)
        tag = hash.tag(id.baseAddress.unsafelyUnwrapped, id.count)
        checkoutIDs.prefetchSlot(of: tag)
        offset &+= UInt32(CheckoutID.byteCount(idLength: id.count))
      } else {
        let id = cells.clickID(cell)
        tag = hash.tag(id.baseAddress.unsafelyUnwrapped, id.count)
        clickIDs.prefetchSlot(of: tag)
        let user = cells.click(cell).pointee.user
        if user != 0 { prefetch(users[user]) }
        offset &+= UInt32(Click.byteCount(idLength: id.count))
      }
      (found.baseAddress.unsafelyUnwrapped + count).initialize(to: (cell, tag))
      count &+= 1
    }
    return count
  }

  /// Takes one click of the bucket off its user's chain: the head, which may be another one of the
  /// same bucket, so that all are off when the bucket is done.
  @inline(__always) private mutating func evictClick(_ click: Click) {
    clickCount &-= 1
    guard click.product != 0 else { return }
    products.release(click.product)
    origins.release(click.origin)
    guard click.user != 0 else { return }
    popHead(users[click.user])
    users.release(click.user)
  }
}
