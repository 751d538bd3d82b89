internal import CScan

/// What a `KeyTable` or an `IDIndex` finds an entry by: 64 bits, all of them random.
typealias HashKey = UInt64

/// Hashes of byte strings, keyed by a random seed of the process, so that no input can aim at them.
///
/// Folds 16 bytes a step by one multiplication (`hash_fold`). The lengths come first, times secret
/// factors, and decide where the folding starts, so that no bytes can make up for another length.
/// Nothing that the engine hands over depends on the seed. Up to 8 bytes behind a string are read.
package struct KeyedHash: BitwiseCopyable, Sendable {
  private let lengthKey = UInt64.random(in: 0 ... .max) | 1
  private let secondLengthKey = UInt64.random(in: 0 ... .max) | 1
  private let thirdLengthKey = UInt64.random(in: 0 ... .max) | 1
  private let startKey = UInt64.random(in: 1 ... .max)
  private let dataKey = UInt64.random(in: 1 ... .max)
  private let otherDataKey = UInt64.random(in: 1 ... .max)
  /// Bits of an id's hash that count.
  private let idMask: UInt64

  /// - Parameter idMask: fewer bits make ids collide, which costs time and changes no answer.
  init(idMask: UInt64) { self.idMask = idMask }

  package init() { self.init(idMask: .max) }

  /// The key of an id, which is compared when it is found; its text is read where it is no number.
  @inline(__always) func id(_ id: PackedID, _ text: UnsafeRawPointer) -> HashKey {
    let start = fingerprint(Int32(bitPattern: id.code))
    if !id.isNumber { return fold(text, Int(id.code), into: start) & idMask }
    return hash_mix(id.first ^ dataKey, id.second ^ start) & idMask
  }

  /// Starts the fingerprint of a string with its length.
  ///
  /// A fingerprint stands for its strings, whose bytes are not compared. Different strings meet with
  /// a probability of about 2^-64: with a million live and a million new ones an hour, once in
  /// 2000 years.
  @inline(__always) func fingerprint(_ length: Int32) -> HashKey {
    UInt64(UInt32(bitPattern: length)) &* lengthKey ^ startKey
  }

  /// As above, for three strings; -1 for an absent one.
  @inline(__always)
  func fingerprint(_ first: Int32, _ second: Int32, _ third: Int32) -> HashKey {
    UInt64(UInt32(bitPattern: first)) &* lengthKey
      &+ UInt64(UInt32(bitPattern: second)) &* secondLengthKey
      &+ UInt64(UInt32(bitPattern: third)) &* thirdLengthKey
      ^ startKey
  }

  /// Two independently keyed lanes of 64 bits that stand for the string: two different strings meet
  /// in both with a probability of about 2^-128.
  @inline(__always)
  package func fingerprint(_ bytes: UnsafeRawPointer, _ count: Int) -> (UInt64, UInt64) {
    let start = fingerprint(Int32(truncatingIfNeeded: count))
    return (
      hash_fold(bytes, count, dataKey, start), hash_fold(bytes, count, otherDataKey, ~start)
    )
  }

  /// Folds the bytes of a string into a hash.
  @inline(__always)
  func fold(_ bytes: UnsafeRawPointer, _ count: Int, into state: UInt64) -> UInt64 {
    hash_fold(bytes, count, dataKey, state)
  }
}
