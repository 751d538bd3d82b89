/// Hashes of short byte strings, 8 bytes a step by one multiplication to 128 bits.
enum WordHash {
  /// Mixes the bytes into a seed.
  ///
  /// Up to 7 bytes behind them are read, and masked out.
  @inline(__always)
  static func fold(_ bytes: UnsafeRawPointer, _ count: Int, into seed: UInt64) -> UInt64 {
    var state = seed ^ UInt64(truncatingIfNeeded: count)
    var offset = 0
    while offset < count {
      var word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
      if count &- offset < 8 { word &= mask(count &- offset) }
      let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      state = product.high ^ product.low
      offset &+= 8
    }
    return state
  }

  /// The first bytes, up to seven, of a word.
  @inline(__always)
  static func mask(_ byteCount: Int) -> UInt64 {
    (1 &<< UInt64(truncatingIfNeeded: byteCount &* 8)) &- 1
  }
}
