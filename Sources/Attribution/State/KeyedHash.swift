/// Hashes of byte strings, keyed by a random seed of the process, so that no input can aim at them.
///
/// Folds 16 bytes a step by one 64 x 64 -> 128-bit multiplication (the scheme of wyhash). Nothing
/// that the engine hands over depends on the seed.
struct KeyedHash: BitwiseCopyable, Sendable {
  private let seed: SIMD4<UInt64>

  init() { seed = .random(in: 1 ... .max) }

  /// 64 bits of the string, continued from `state`.
  func hash(_ bytes: UnsafeRawBufferPointer, state: UInt64 = 0) -> UInt64 {
    KeyedHash.fold(bytes, key: seed.x, state: state ^ seed.y)
  }

  /// Two independently keyed lanes of 64 bits.
  ///
  /// Two different strings meet in both with probability 2^-128: among a billion users the chance of
  /// any such pair is below 10^-20. Therefore the lanes stand for the string.
  func fingerprint(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
    (
      KeyedHash.fold(bytes, key: seed.x, state: seed.z),
      KeyedHash.fold(bytes, key: seed.w, state: seed.y)
    )
  }

  @inline(__always)
  private static func fold(
    _ bytes: UnsafeRawBufferPointer,
    key: UInt64,
    state: UInt64
  ) -> UInt64 {
    let count = bytes.count
    guard let base = bytes.baseAddress else { return mix(key, state) }
    var state = state ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    // Proof of the reads: each branch reads inside [base, base + count).
    if count > 16 {
      var offset = 0
      while offset &+ 16 < count {
        state = mix(base.word(at: offset) ^ key, base.word(at: offset &+ 8) ^ state)
        offset &+= 16
      }
      state = mix(base.word(at: count &- 16) ^ key, base.word(at: count &- 8) ^ state)
    } else if count >= 8 {
      state = mix(base.word(at: 0) ^ key, base.word(at: count &- 8) ^ state)
    } else if count >= 4 {
      state = mix(UInt64(base.half(at: 0)) ^ key, UInt64(base.half(at: count &- 4)) ^ state)
    } else if count > 0 {
      let first = UInt64(base.byte(at: 0))
      let middle = UInt64(base.byte(at: count >> 1)) << 8
      let last = UInt64(base.byte(at: count &- 1)) << 16
      state = mix(first | middle | last ^ key, state)
    }
    return mix(state, key)
  }

  @inline(__always)
  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}

extension UnsafeRawPointer {
  @inline(__always) func word(at offset: Int) -> UInt64 {
    loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
  @inline(__always) func half(at offset: Int) -> UInt32 {
    loadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }
  @inline(__always) func byte(at offset: Int) -> UInt8 {
    load(fromByteOffset: offset, as: UInt8.self)
  }

  /// True when `count` bytes here and there are the same; inlined, unlike `memcmp`.
  @inline(__always) func holdsSameBytes(as other: UnsafeRawPointer, count: Int) -> Bool {
    if count >= 8 {
      var offset = 0
      while offset &+ 8 < count {
        if word(at: offset) != other.word(at: offset) { return false }
        offset &+= 8
      }
      return word(at: count &- 8) == other.word(at: count &- 8)
    }
    if count >= 4 {
      return half(at: 0) == other.half(at: 0) && half(at: count &- 4) == other.half(at: count &- 4)
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
