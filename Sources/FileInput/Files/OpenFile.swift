import Connect
import Foundation

/// What tells one state of a file from another.
struct FileStatus: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64
  let byteCount: Int64
  /// Last change, in nanoseconds.
  let changed: Int64
  let isRegular: Bool
  let isDirectory: Bool

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    byteCount = Int64(status.st_size)
    changed = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
  }

  /// The status of what has the name now.
  static func of(_ path: String) throws(ConnectorError) -> FileStatus {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .system("open \"\(path)\"", code: errno, hint: hint(for: errno))
    }
    return FileStatus(status)
  }

  static func hint(for code: Int32) -> String? {
    switch code {
    case ENOENT: "check the name; in quotes, patterns such as 'clicks-*.csv' are expanded here"
    case EACCES: "make it readable for this user"
    default: nil
    }
  }
}

/// A file open for reading at any place; closed when nobody holds it any more.
///
/// Any thread may read.
final class OpenFile: Sendable {
  let path: String
  let status: FileStatus
  private let descriptor: Int32

  /// - Throws: when it cannot be opened, or is not in the state that it was `expected` in.
  init(_ path: String, expected: FileStatus? = nil) throws(ConnectorError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .system("open \"\(path)\"", code: errno, hint: FileStatus.hint(for: errno))
    }
    var status = stat()
    fstat(descriptor, &status)
    self.status = FileStatus(status)
    if let expected, expected != self.status { throw Self.changed(path) }
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
          "\"\(path)\" has shrunk while it was read: expected \(status.byteCount) bytes, "
            + "found \(offset + Int64(done))",
          hint: "run again when nobody writes to it"
        )
      }
      done += got
    }
  }

  /// Makes sure that what was read is what has the name, whole.
  func requireUnchanged() throws(ConnectorError) {
    guard try FileStatus.of(path) == status else { throw Self.changed(path) }
  }

  private static func changed(_ path: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "\"\(path)\" was written to or replaced while it was read",
      hint: "run again when nobody writes to it"
    )
  }
}
