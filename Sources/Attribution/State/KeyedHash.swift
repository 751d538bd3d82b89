/// What a `KeyTable` or an `IDIndex` finds an entry by: 64 bits, all of them random.
typealias HashKey = UInt64

/// Hashes of byte strings, keyed by a random seed of the process, so that no input can aim at them.
///
/// Folds 16 bytes a step by one 64 x 64 -> 128-bit multiplication (the scheme of wyhash). The
/// lengths come first and decide where the folding starts, so that no bytes can make up for another
/// length. Nothing that the engine hands over depends on the seed.
package struct KeyedHash: BitwiseCopyable, Sendable {
  private let lengthKey = UInt64.random(in: 1 ... .max)
  private let startKey = UInt64.random(in: 1 ... .max)
  private let dataKey = UInt64.random(in: 1 ... .max)
  private let otherDataKey = UInt64.random(in: 1 ... .max)
  /// Bits of an id's hash that count.
  private let idMask: UInt64

  /// - Parameter idMask: fewer bits make ids collide, which costs time and changes no answer.
  init(idMask: UInt64) { self.idMask = idMask }

  package init() { self.init(idMask: .max) }

  /// The key of a string whose bytes are compared when it is found.
  @inline(__always) func id(_ id: UnsafeRawBufferPointer) -> HashKey {
    guard let bytes = id.baseAddress else { return 0 }
    let start = mix(UInt64(truncatingIfNeeded: id.count) ^ lengthKey, startKey)
    return fold(bytes, id.count, into: start) & idMask
  }

  /// Starts the fingerprint of up to three strings with their lengths, -1 for an absent one.
  ///
  /// A fingerprint stands for its strings, whose bytes are not compared. Different strings meet with
  /// a probability of about 2^-64: with a million live and a million new ones an hour, once in
  /// 2000 years.
  @inline(__always)
  func fingerprint(_ first: Int32, _ second: Int32 = 0, _ third: Int32 = 0) -> HashKey {
    let lengths = UInt64(UInt32(bitPattern: first)) | UInt64(UInt32(bitPattern: second)) << 32
    return mix(lengths ^ lengthKey, UInt64(UInt32(bitPattern: third)) ^ startKey)
  }

  /// Two independently keyed lanes of 64 bits that stand for the string: two different strings meet
  /// in both with a probability of about 2^-128.
  @inline(__always)
  package func fingerprint(_ bytes: UnsafeRawPointer, _ count: Int) -> (UInt64, UInt64) {
    let start = fingerprint(Int32(truncatingIfNeeded: count), -1, -1)
    return (
      fold(bytes, count, key: dataKey, into: start),
      fold(bytes, count, key: otherDataKey, into: ~start)
    )
  }

  /// Folds the bytes of a string into a hash.
  @inline(__always)
  func fold(_ bytes: UnsafeRawPointer, _ count: Int, into state: UInt64) -> UInt64 {
    fold(bytes, count, key: dataKey, into: state)
  }

  @inline(__always)
  private func fold(
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

  @inline(__always) private func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}
