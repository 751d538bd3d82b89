/// Hashes of byte strings, keyed by a random seed of the process, so that no input can aim at them.
///
/// Folds 16 bytes a step by one 64 x 64 -> 128-bit multiplication (the scheme of wyhash). Nothing
/// that the engine hands over depends on the seed.
package struct KeyedHash: BitwiseCopyable, Sendable {
  private let seed: SIMD4<UInt64>

  package init() { seed = .random(in: 1 ... .max) }

  /// 64 bits of the string.
  @inline(__always) func hash(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
    Self.mix(fold(bytes, count, into: seed.y), seed.x)
  }

  /// Two independently keyed lanes of 64 bits.
  ///
  /// Two different strings meet in both with probability 2^-128: among a billion users the chance of
  /// any such pair is below 10^-20. Therefore the lanes stand for the string.
  @inline(__always)
  package func fingerprint(_ bytes: UnsafeRawPointer, _ count: Int) -> (UInt64, UInt64) {
    (
      Self.mix(Self.fold(bytes, count, key: seed.x, into: seed.z), seed.x),
      Self.mix(Self.fold(bytes, count, key: seed.w, into: seed.y), seed.w)
    )
  }

  /// Mixes a string into a state that `finish` ends.
  @inline(__always)
  func fold(_ bytes: UnsafeRawPointer, _ count: Int, into state: UInt64) -> UInt64 {
    Self.fold(bytes, count, key: seed.x, into: state)
  }

  /// The tag under which a `HashIndex` keeps what was folded into `state`.
  @inline(__always) func tag(ofState state: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: Self.mix(state, seed.x) &>> 32)
  }

  /// Where folding starts.
  @inline(__always) var start: UInt64 { seed.y }

  @inline(__always)
  private static func fold(
    _ base: UnsafeRawPointer,
    _ count: Int,
    key: UInt64,
    into state: UInt64
  ) -> UInt64 {
    // Proof of the reads: each branch reads inside [base, base + count).
    let state = state ^ UInt64(truncatingIfNeeded: count)
    if count > 16 {
      var state = state
      var offset = 0
      while offset &+ 16 < count {
        state = mix(base.word(at: offset) ^ key, base.word(at: offset &+ 8) ^ state)
        offset &+= 16
      }
      return mix(base.word(at: count &- 16) ^ key, base.word(at: count &- 8) ^ state)
    }
    if count >= 8 { return mix(base.word(at: 0) ^ key, base.word(at: count &- 8) ^ state) }
    if count >= 4 {
      return mix(UInt64(base.half(at: 0)) ^ key, UInt64(base.half(at: count &- 4)) ^ state)
    }
    guard count > 0 else { return mix(key, state) }
    let first = UInt64(base.byte(at: 0))
    let middle = UInt64(base.byte(at: count &>> 1)) &<< 8
    let last = UInt64(base.byte(at: count &- 1)) &<< 16
    return mix((first | middle | last) ^ key, state)
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
