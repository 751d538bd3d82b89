import CCrypto
package import Connect
import FileInput
import Foundation

/// SHA-256 of a file's bytes: what the file is known by, whatever its name.
package struct ContentHash: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 64 hexadecimal digits.
  package let description: String

  package init(_ hexadecimal: String) { description = hexadecimal }

  /// Stands for the content of a file that cannot be read: the file itself, as it was.
  package static func unknown(_ file: InboxFile) -> ContentHash {
    let stamp = file.stamp
    return ContentHash("unread:\(stamp.inode):\(stamp.byteCount):\(stamp.modified)")
  }

  package static func < (left: ContentHash, right: ContentHash) -> Bool {
    left.description < right.description
  }

  /// Reads the file to its end.
  ///
  /// - Throws: `.permanent` for a file that cannot be read, `.transient` for one that changed
  ///   meanwhile.
  package init(of file: InboxFile) throws(ConnectorError) {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .fileSystem("open \(file.path)") }
    defer { close(descriptor) }
    description = try Self.digest(descriptor, of: file)
    guard FileStamp(ofDescriptor: descriptor) == file.stamp else {
      throw ConnectorError(.transient, "\(file.path) changed while it was read")
    }
  }

  /// Large enough to make the system call nothing.
  private static let chunkByteCount = 1 << 20

  private static func digest(
    _ descriptor: Int32,
    of file: InboxFile
  ) throws(ConnectorError) -> String {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw unavailable }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkByteCount, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = read(descriptor, chunk.baseAddress, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .fileSystem("read \(file.path)") }
      if count == 0 { break }
      guard EVP_DigestUpdate(context, chunk.baseAddress, count) == 1 else { throw unavailable }
    }
    var bytes = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &bytes, nil) == 1 else { throw unavailable }
    return bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  private static var unavailable: ConnectorError {
    ConnectorError(.permanent, "the OpenSSL of this machine offers no SHA-256")
  }
}
