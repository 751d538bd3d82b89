public import CScan

/// 64 bits, all of them random: what a table finds an entry by.
@usableFromInline package typealias HashKey = UInt64

/// Hashes of byte strings, keyed by a random seed of the process, so that no input can aim at them.
///
/// Folds 16 bytes a step by one multiplication (`hash_fold`) and spreads the result over all bits. The
/// lengths come first, times secret factors, and decide where the folding starts, so that no bytes can
/// make up for another length.
/// Nothing that the engine hands over depends on the seed. Up to 8 bytes behind a string are read.
@usableFromInline
package struct KeyedHash: BitwiseCopyable, Sendable {
  @usableFromInline let lengthKey = UInt64.random(in: 0 ... .max) | 1
  @usableFromInline let secondLengthKey = UInt64.random(in: 0 ... .max) | 1
  @usableFromInline let thirdLengthKey = UInt64.random(in: 0 ... .max) | 1
  @usableFromInline let startKey = UInt64.random(in: 1 ... .max)
  @usableFromInline let dataKey = UInt64.random(in: 1 ... .max)
  @usableFromInline let otherDataKey = UInt64.random(in: 1 ... .max)
  /// Bits of an id's hash that count.
  @usableFromInline package let idMask: UInt64

  /// - Parameter idMask: fewer bits make ids collide, which costs time and changes no answer.
  package init(idMask: UInt64 = .max) { self.idMask = idMask }

  /// Starts the fingerprint of a string with its length.
  ///
  /// A fingerprint stands for its strings, whose bytes are not compared. Different strings meet with
  /// a probability of about 2^-64: with a million live and a million new ones an hour, once in
  /// 2000 years.
  @inlinable @inline(__always)
  package func fingerprint(_ length: Int32) -> HashKey {
    UInt64(UInt32(bitPattern: length)) &* lengthKey ^ startKey
  }

  /// As above, for three strings; -1 for an absent one.
  @inlinable @inline(__always)
  package func fingerprint(_ first: Int32, _ second: Int32, _ third: Int32) -> HashKey {
    UInt64(UInt32(bitPattern: first)) &* lengthKey
      &+ UInt64(UInt32(bitPattern: second)) &* secondLengthKey
      &+ UInt64(UInt32(bitPattern: third)) &* thirdLengthKey
      ^ startKey
  }

  /// Two independently keyed lanes of 64 bits that stand for the string: two different strings meet
  /// in both with a probability of about 2^-128.
  @inlinable @inline(__always)
  package func fingerprint(_ bytes: UnsafeRawPointer, _ count: Int) -> (UInt64, UInt64) {
    let start = fingerprint(Int32(truncatingIfNeeded: count))
    return (
      hash_fold(bytes, count, dataKey, start), hash_fold(bytes, count, otherDataKey, ~start)
    )
  }

  /// Folds the bytes of a string into a hash.
  @inlinable @inline(__always)
  package func fold(_ bytes: UnsafeRawPointer, _ count: Int, into state: UInt64) -> UInt64 {
    hash_fold(bytes, count, dataKey, state)
  }

  /// As above, for a string behind which others are folded: `spread` comes after the last one.
  @inlinable @inline(__always)
  package func fold(part bytes: UnsafeRawPointer, _ count: Int, into state: UInt64) -> UInt64 {
    hash_fold_part(bytes, count, dataKey, state)
  }

  /// Spreads what was folded in parts.
  @inlinable @inline(__always)
  package func spread(_ state: UInt64) -> HashKey { hash_spread(state) }

  /// Folds two numbers into a hash.
  @inlinable @inline(__always)
  package func fold(_ first: UInt64, _ second: UInt64, into state: UInt64) -> UInt64 {
    hash_spread(hash_mix(first ^ dataKey, second ^ state))
  }
}
