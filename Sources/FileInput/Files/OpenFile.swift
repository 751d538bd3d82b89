import Connect
import Foundation

/// A file open for reading at any place; closed when nobody holds it any more.
///
/// Any thread may read.
final class OpenFile: Sendable {
  let path: String
  let stamp: FileStamp
  private let descriptor: Int32

  /// - Throws: when it cannot be opened, or is not in the state that it was `expected` in.
  init(_ path: String, expected: FileStamp? = nil) throws(ConnectorError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.unopened(path) }
    var status = stat()
    fstat(descriptor, &status)
    stamp = FileStamp(status)
    if let expected, expected != stamp { throw Self.changed(path) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Reads `count` bytes, which the file has had when it was opened.
  func read(
    _ count: Int,
    at offset: Int64,
    into target: UnsafeMutableRawPointer
  ) throws(ConnectorError) {
    var done = 0
    while done < count {
      let got = pread(descriptor, target + done, count - done, off_t(offset) + off_t(done))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .system("read \"\(path)\"", code: errno) }
      guard got > 0 else {
        throw ConnectorError(
          .permanent,
          "\"\(path)\" has shrunk while it was read: expected \(stamp.byteCount) bytes, "
            + "found \(offset + Int64(done))",
          hint: "run again when nobody writes to it"
        )
      }
      done += got
    }
  }

  /// Makes sure that what was read is what has the name, whole.
  func requireUnchanged() throws(ConnectorError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Self.unopened(path) }
    guard FileStamp(status) == stamp else { throw Self.changed(path) }
  }

  /// The error that errno tells of.
  private static func unopened(_ path: String) -> ConnectorError {
    let code = errno
    let hint: String? =
      switch code {
      case ENOENT: "check the name; in quotes, patterns such as 'clicks-*.csv' are expanded here"
      case EACCES: "make it readable for this user"
      default: nil
      }
    return .system("open \"\(path)\"", code: code, hint: hint)
  }

  private static func changed(_ path: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "\"\(path)\" was written to or replaced while it was read",
      hint: "run again when nobody writes to it"
    )
  }
}
