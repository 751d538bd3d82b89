/// What a `HashIndex` finds an entry by: a lane whose upper half chooses the line, and a tag.
struct HashKey: BitwiseCopyable {
  var lane: UInt64
  var tag: UInt16
}

/// Hashes of byte strings, keyed by a random seed of the process, so that no input can aim at them.
///
/// Folds 16 bytes a step by one 64 x 64 -> 128-bit multiplication (the scheme of wyhash). The
/// lengths come first and decide where the folding starts, so that no bytes can make up for another
/// length. Nothing that the engine hands over depends on the seed.
package struct KeyedHash: BitwiseCopyable, Sendable {
  private let seed: SIMD4<UInt64>
  /// Bits of an id's hash that count.
  private let idMask: UInt64

  package init() { self.init(idMask: .max) }

  /// - Parameter idMask: fewer bits make ids collide, which costs time and changes no answer.
  init(idMask: UInt64) {
    seed = .random(in: 1 ... .max)
    self.idMask = idMask
  }

  /// The key of a string whose bytes are compared when it is found.
  @inline(__always) func id(_ bytes: UnsafeRawPointer, _ count: Int) -> HashKey {
    let start = KeyedHash.mix(UInt64(truncatingIfNeeded: count) ^ seed.x, seed.y)
    let hash = KeyedHash.fold(bytes, count, key: seed.z, into: start) & idMask
    return HashKey(lane: hash, tag: UInt16(truncatingIfNeeded: hash))
  }

  /// Starts the fingerprint of up to three strings with their lengths, -1 for an absent one.
  @inline(__always) func fingerprint(_ first: Int32, _ second: Int32, _ third: Int32) -> Fingerprint
  {
    let lengths = UInt64(UInt32(bitPattern: first)) | UInt64(UInt32(bitPattern: second)) << 32
    let start = KeyedHash.mix(lengths ^ seed.y, UInt64(UInt32(bitPattern: third)) ^ seed.z)
    return Fingerprint(lane: start, otherLane: ~start, key: seed.x, otherKey: seed.w)
  }

  /// Two independently keyed lanes of 64 bits that stand for the string: two different strings meet
  /// in both with probability 2^-128.
  @inline(__always)
  package func fingerprint(_ bytes: UnsafeRawPointer, _ count: Int) -> (UInt64, UInt64) {
    var fingerprint = fingerprint(Int32(truncatingIfNeeded: count), -1, -1)
    fingerprint.fold(bytes, count)
    return (fingerprint.lane, fingerprint.otherLane)
  }

  /// A key that stands for its strings, so that their bytes need not be compared: 64 and 16 bits of
  /// two independently keyed lanes.
  ///
  /// Different strings meet with probability 2^-80: with a million of them live, once in 10^18
  /// lookups.
  struct Fingerprint: BitwiseCopyable {
    fileprivate var lane: UInt64
    fileprivate var otherLane: UInt64
    fileprivate let key: UInt64
    fileprivate let otherKey: UInt64

    @inline(__always) mutating func fold(_ bytes: UnsafeRawPointer, _ count: Int) {
      lane = KeyedHash.fold(bytes, count, key: key, into: lane)
      otherLane = KeyedHash.fold(bytes, count, key: otherKey, into: otherLane)
    }

    var hashKey: HashKey {
      @inline(__always) get {
        HashKey(lane: lane, tag: UInt16(truncatingIfNeeded: otherLane))
      }
    }
  }

  @inline(__always)
  private static func fold(
    _ base: UnsafeRawPointer,
    _ count: Int,
    key: UInt64,
    into state: UInt64
  ) -> UInt64 {
    // Proof of the reads: each branch reads inside [base, base + count).
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
