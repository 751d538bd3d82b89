import CCrypto

/// SHA-256, HMAC-SHA-256 and MD5, of OpenSSL.
package enum Digest {
  // Looked up once: OpenSSL 3 otherwise looks an algorithm up for every digest. They are never freed.
  nonisolated(unsafe) private static let sha256Algorithm = EVP_MD_fetch(nil, "SHA256", nil)
  nonisolated(unsafe) private static let md5Algorithm = EVP_MD_fetch(nil, "MD5", nil)

  /// 32 bytes.
  package static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    result.withUnsafeMutableBytes { digest(bytes, sha256Algorithm, into: $0) }
    return result
  }

  /// 32 bytes.
  package static func sha256(_ text: String) -> [UInt8] {
    var text = text
    return text.withUTF8 { sha256(UnsafeRawBufferPointer($0)) }
  }

  /// The first byte is the highest.
  ///
  /// What Kinesis finds a record's shard by, and no protection against anything.
  package static func md5(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
    var result: UInt128 = 0
    withUnsafeMutableBytes(of: &result) { digest(bytes, md5Algorithm, into: $0) }
    return UInt128(bigEndian: result)
  }

  /// 32 bytes.
  package static func hmacSHA256(key: [UInt8], _ text: String) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 32)
    var text = text
    let result = text.withUTF8 { text in
      HMAC(EVP_sha256(), key, Int32(key.count), text.baseAddress, text.count, &code, nil)
    }
    precondition(result != nil, "OpenSSL offers no HMAC with SHA-256")
    return code
  }

  /// Two lower-case digits a byte.
  package static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
      for (place, byte) in bytes.enumerated() {
        text[2 * place] = digits[Int(byte >> 4)]
        text[2 * place + 1] = digits[Int(byte & 15)]
      }
      return 2 * bytes.count
    }
  }

  private static func digest(
    _ bytes: UnsafeRawBufferPointer,
    _ algorithm: OpaquePointer?,
    into result: UnsafeMutableRawBufferPointer
  ) {
    let code = EVP_Digest(
      bytes.baseAddress,
      bytes.count,
      result.assumingMemoryBound(to: UInt8.self).baseAddress,
      nil,
      algorithm,
      nil
    )
    precondition(code == 1, "OpenSSL offers no digest of \(result.count) bytes")
  }
}
