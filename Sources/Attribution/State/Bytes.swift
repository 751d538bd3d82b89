/// Short strings, read, compared and copied in place: inlined, unlike `memcmp` and `memcpy`.
///
/// Everything reads and writes inside the given bytes.
extension UnsafeRawPointer {
  typealias Block = SIMD16<UInt8>

  @inline(__always) func block(at offset: Int) -> Block {
    loadUnaligned(fromByteOffset: offset, as: Block.self)
  }
  @inline(__always) func word(at offset: Int) -> UInt64 {
    loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
  @inline(__always) func half(at offset: Int) -> UInt32 {
    loadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }
  @inline(__always) func byte(at offset: Int) -> UInt8 {
    load(fromByteOffset: offset, as: UInt8.self)
  }

  /// True when `count` bytes here and there are the same.
  @inline(__always) func holdsSameBytes(as other: UnsafeRawPointer, count: Int) -> Bool {
    if count >= 8 {
      var offset = 0
      while offset &+ 8 < count {
        if word(at: offset) != other.word(at: offset) { return false }
        offset &+= 8
      }
      return word(at: count &- 8) == other.word(at: count &- 8)
    }
    var offset = 0
    while offset < count {
      if byte(at: offset) != other.byte(at: offset) { return false }
      offset &+= 1
    }
    return true
  }

  /// The bytewise order: the first differing byte decides, then the shorter string comes first.
  func precedes(count: Int, _ other: UnsafeRawPointer, otherCount: Int) -> Bool {
    let common = min(count, otherCount)
    var offset = 0
    while offset &+ 8 <= common {
      let mine = word(at: offset).bigEndian
      let its = other.word(at: offset).bigEndian
      if mine != its { return mine < its }
      offset &+= 8
    }
    while offset < common {
      if byte(at: offset) != other.byte(at: offset) {
        return byte(at: offset) < other.byte(at: offset)
      }
      offset &+= 1
    }
    return count < otherCount
  }
}

extension UnsafeMutableRawPointer {
  @inline(__always) func copySmall(from bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    let count = bytes.count
    if count >= 16 {
      var offset = 0
      while offset &+ 16 < count {
        storeBytes(
          of: source.block(at: offset),
          toByteOffset: offset,
          as: UnsafeRawPointer.Block.self
        )
        offset &+= 16
      }
      // The last block overlaps the one before it.
      storeBytes(
        of: source.block(at: count &- 16),
        toByteOffset: count &- 16,
        as: UnsafeRawPointer.Block.self
      )
    } else if count >= 8 {
      storeBytes(of: source.word(at: 0), toByteOffset: 0, as: UInt64.self)
      storeBytes(of: source.word(at: count &- 8), toByteOffset: count &- 8, as: UInt64.self)
    } else if count >= 4 {
      storeBytes(of: source.half(at: 0), as: UInt32.self)
      storeBytes(of: source.half(at: count &- 4), toByteOffset: count &- 4, as: UInt32.self)
    } else if count > 0 {
      storeBytes(of: source.byte(at: 0), as: UInt8.self)
      storeBytes(of: source.byte(at: count &>> 1), toByteOffset: count &>> 1, as: UInt8.self)
      storeBytes(of: source.byte(at: count &- 1), toByteOffset: count &- 1, as: UInt8.self)
    }
  }
}
