/// Hashes of short byte strings by one multiplication to 128 bits a step.
enum WordHash {
  private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Mixes all bytes into a seed, 8 a step.
  ///
  /// Up to 7 bytes behind them are read, and masked out.
  @inline(__always)
  static func fold(_ bytes: UnsafeRawPointer, _ count: Int, into seed: UInt64) -> UInt64 {
    var state = seed ^ UInt64(truncatingIfNeeded: count)
    var offset = 0
    while offset < count {
      var word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
      if count &- offset < 8 { word &= mask(count &- offset) }
      state = mix(state ^ word, multiplier)
      offset &+= 8
    }
    return state
  }

  /// Mixes the first and the last 8 bytes, and the length, into a seed, without a branch: strings that
  /// differ between them only have the same hash.
  ///
  /// Up to 8 bytes behind them are read (as many if there are none), and masked out.
  @inline(__always)
  static func foldEnds(_ bytes: UnsafeRawPointer, _ count: Int, into seed: UInt64) -> UInt64 {
    let first = bytes.loadUnaligned(as: UInt64.self).littleEndian & mask(min(count, 8))
    let last = (bytes + max(count &- 8, 0)).loadUnaligned(as: UInt64.self).littleEndian
    return mix(
      seed ^ first ^ UInt64(truncatingIfNeeded: count) &<< 56,
      (last & mask(min(count, 8))) ^ multiplier
    )
  }

  /// The first bytes, up to eight, of a word.
  @inline(__always)
  private static func mask(_ byteCount: Int) -> UInt64 {
    byteCount == 0 ? 0 : .max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* byteCount)
  }

  @inline(__always)
  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}
