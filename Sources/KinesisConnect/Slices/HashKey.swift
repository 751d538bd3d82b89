import CCrypto

/// Where a record stands in a stream's hash-key space, 0..<2^128: by this a shard is chosen for it.
///
/// Source: PutRecord in the Kinesis Data Streams API reference.
enum HashKey {
  // Unsafe: a pointer that never changes, to what OpenSSL lets any thread use.
  nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "MD5", nil)

  /// MD5 of the partition key's UTF-8, as a big-endian number.
  static func of(_ partitionKey: UnsafeRawBufferPointer) -> UInt128 {
    var bytes = UInt128.zero
    let isDone = withUnsafeMutableBytes(of: &bytes) { place in
      EVP_Digest(
        partitionKey.baseAddress,
        partitionKey.count,
        place.baseAddress,
        nil,
        algorithm,
        nil
      )
    }
    precondition(isDone == 1, "the OpenSSL of this machine offers no MD5")
    return UInt128(bigEndian: bytes)
  }

  static func of(_ partitionKey: String) -> UInt128 {
    var key = partitionKey
    return key.withUTF8 { of(UnsafeRawBufferPointer($0)) }
  }
}
