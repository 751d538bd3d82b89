internal import CScan
internal import Events

extension IDIndex {
  static func fullCount(_ lineCount: UInt64) -> Int { Int(lineCount) * 11 }

  /// Whether `makeRoom` is to be called before a look for an id of the bucket.
  @inline(__always) func needsRoom(for number: Int64) -> Bool {
    count >= fullCount || number > lastNumber
  }

  @inline(never)
  mutating func makeRoom(for number: Int64, _ buckets: borrowing Buckets) {
    if base > lastNumber {
      setBase(number.advanced(saturatingBy: -(IDIndex.mostEarlier &<< groupBits)))
    }
    // Half as full: as long as nothing leaves, the state grows on.
    if count >= fullCount { rebuild(base: base, lineCount * 2, buckets) }
    guard number > lastNumber, firstNumber > .min else { return }
    let distance = UInt64(bitPattern: number &- firstNumber)
    guard distance &>> UInt64(groupBits) <= IDIndex.mostAhead else { return }
    if others.isEmpty {
      renumber(from: epoch(of: firstNumber))
    } else {
      rebuild(base: firstNumber, lineCount, buckets)
    }
  }

  /// Has this epoch, before which nothing is in state, be the first.
  private mutating func renumber(from epoch: Int64) {
    let gone = Int32(truncatingIfNeeded: epoch &- 1) &<< 20
    let first = firstSlot
    let slots = IDIndex.slots(lines)
    for place in 0..<Int(lineCount) * IDIndex.wordsPerLine {
      slots[place] = slots[place] >= first ? slots[place] &- gone : .min
    }
    setBase(base &+ (epoch &- 1) &<< groupBits)
  }

  private mutating func setBase(_ number: Int64) {
    base = number
    lastNumber = number.advanced(saturatingBy: IDIndex.greatestEpoch &<< groupBits &- 1)
    firstSlot = IDIndex.slot(epoch: epoch(of: max(firstNumber, base)))
  }

  /// Puts every cell in again that is in state, with epochs from another base on.
  mutating func rebuild(
    base newBase: Int64,
    _ newLineCount: UInt64,
    _ buckets: borrowing Buckets
  ) {
    lines.deallocate()
    lineCount = newLineCount
    lines = IDIndex.allocate(lineCount)
    others.removeAll()
    otherBits = 0
    setBase(newBase)
    let formerCount = count
    let block = Block<Entry>()
    var filled = 0
    for place in buckets.place(of: firstNumber)..<buckets.entries.count {
      let entry = buckets.entries[place]
      let list = entry.bucket.pointee.cells
      for chunk in 0..<list.count {
        if chunk + 1 < list.count { blocks.prefetchChunk(list.chunk(chunk + 1)) }
        var cells = list.cells(chunk)
        while let cell = cells.next(in: blocks) {
          guard blocks.isKind(cell, kind) else { continue }
          let key = blocks.idKey(of: cell, hash)
          prefetchLine(of: key)
          block[filled].initialize(
            to: Entry(key: key, number: entry.number, cell: cell, chunk: chunk)
          )
          filled &+= 1
          if filled == Block<Entry>.count { putAgain(block, &filled) }
        }
      }
    }
    putAgain(block, &filled)
    count = formerCount
    goneCount = 0
  }

  private struct Entry: BitwiseCopyable {
    var key: HashKey
    var number: Int64
    var cell: UInt32
    var chunk: Int32
  }

  private mutating func putAgain(_ block: borrowing Block<Entry>, _ filled: inout Int) {
    for index in 0..<filled {
      let entry = block[index].pointee
      let line = lines + home(of: entry.key)
      let place = IDIndex.freeSlot(line, probe_slots_of(line, 0, 0, firstSlot))
      put(entry.cell, entry.key, at: place, bucket: entry.number, chunk: entry.chunk)
    }
    filled = 0
  }
}
