import AWSClient

/// A place in the space that a stream's shards divide: the MD5 of a partition key, its first byte
/// the highest, or what a producer gave explicitly.
package struct HashKey: Hashable, Comparable, BitwiseCopyable, Sendable, CustomStringConvertible {
  package var value: UInt128

  package init(_ value: UInt128) { self.value = value }

  /// Decimal, as the service writes it; nil if it is no number below 2^128.
  package init?(decimal text: some StringProtocol) {
    guard let value = UInt128(text) else { return nil }
    self.value = value
  }

  /// Of a partition key's UTF-8 bytes.
  package init(ofPartitionKey key: UnsafeRawBufferPointer) {
    value = Digest.md5(key)
  }

  package static func < (left: HashKey, right: HashKey) -> Bool { left.value < right.value }

  package var description: String { value.description }
}
