internal import CScan

extension IDIndex {
  /// The cell with this id, or 0: where its home cannot rule it out.
  ///
  /// Changes nothing: `mutating`, as Swift 6.3 copies the whole index to lend it to a function that
  /// is neither that nor inlined.
  @inline(never)
  mutating func search(
    for identity: UnsafePointer<Identity>,
    _ times: KnownTimes,
    in buckets: borrowing Buckets
  ) -> UInt32 {
    let key = identity.pointee.key
    var place = home(of: key)
    for _ in 0..<IDIndex.mostLines {
      let line = lines + place
      let found = probe_slots_of(line, IDIndex.tag(of: key), IDIndex.tagMask, firstSlot)
      let cell = search(
        found.matches & IDIndex.slotBits,
        of: line,
        for: identity,
        times,
        in: buckets
      )
      if cell != 0 { return cell }
      if !isMarked(line, for: key) { break }
      place = next(place)
    }
    if otherBits &>> (key & 63) & 1 == 0 { return 0 }
    let other = others[key]?.first {
      $0.number >= firstNumber && identity.pointee.isKnown(as: $0.cell, kind, times, in: blocks)
    }
    return other?.cell ?? 0
  }

  /// The cell with this id in the chunks that these slots lead to, or 0.
  private mutating func search(
    _ slots: UInt32,
    of line: UnsafeMutablePointer<probe_line>,
    for identity: UnsafePointer<Identity>,
    _ times: KnownTimes,
    in buckets: borrowing Buckets
  ) -> UInt32 {
    var slots = slots
    while slots != 0 {
      let slot = UInt32(bitPattern: IDIndex.slots(line)[slots.trailingZeroBitCount] ^ .min)
      slots &= slots &- 1
      let first = base &+ (Int64(slot >> 20) &- 1) &<< groupBits
      let chunk = Int32(slot & 0xFF)
      let cell =
        groupBits == 0
        ? search(buckets.cells(of: first), from: chunk, for: identity, times)
        : searchGroup(first, from: chunk, for: identity, times, in: buckets)
      if cell != 0 { return cell }
    }
    return 0
  }

  /// As below, in the buckets of the group whose first number this is.
  private mutating func searchGroup(
    _ first: Int64,
    from chunk: Int32,
    for identity: UnsafePointer<Identity>,
    _ times: KnownTimes,
    in buckets: borrowing Buckets
  ) -> UInt32 {
    var place = buckets.place(of: first)
    while place < buckets.entries.count, buckets.entries[place].number &- first < 1 &<< groupBits {
      let list = buckets.entries[place].bucket.pointee.cells
      let cell = search(list, from: chunk, for: identity, times)
      if cell != 0 { return cell }
      place += 1
    }
    return 0
  }

  /// The cell with this id in every 256th chunk of a bucket from this one on, or 0.
  @inline(__always)
  private mutating func search(
    _ list: ChunkList,
    from chunk: Int32,
    for identity: UnsafePointer<Identity>,
    _ times: KnownTimes
  ) -> UInt32 {
    var place = chunk
    while place < list.count {
      blocks.prefetchChunk(list.chunk(place))
      var cells = list.cells(place)
      while let cell = cells.next(in: blocks) {
        if identity.pointee.isKnown(as: cell, kind, times, in: blocks) { return cell }
      }
      place &+= 256
    }
    return 0
  }
}
