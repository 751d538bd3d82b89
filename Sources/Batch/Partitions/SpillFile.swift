import Connect
import Foundation

/// A file without a name that takes what does not fit memory: gone with the process, however it ends.
///
/// Used by one writer at a time; then read by any thread.
final class SpillFile: @unchecked Sendable {
  private let directory: String
  private let descriptor: Int32
  private(set) var byteCount: Int64 = 0

  init(in directory: String) throws(ConnectorError) {
    self.directory = directory
    var template = Array("\(directory)/firstclick-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw .system(
        "make a temporary file in \"\(directory)\"",
        code: errno,
        hint: Self.hint
      )
    }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends the bytes; returns where they begin.
  func append(_ bytes: UnsafeRawBufferPointer) throws(ConnectorError) -> Int64 {
    let start = byteCount
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(start) + off_t(done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw .system(
          "write \(bytes.count) bytes to a temporary file in \"\(directory)\"",
          code: count < 0 ? errno : ENOSPC,
          hint: Self.hint
        )
      }
      done += count
    }
    byteCount += Int64(done)
    return start
  }

  func read(
    _ count: Int,
    at offset: Int64,
    into target: UnsafeMutableRawPointer
  ) throws(ConnectorError) {
    var done = 0
    while done < count {
      let got = pread(descriptor, target + done, count - done, off_t(offset) + off_t(done))
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        throw .system("read a temporary file in \"\(directory)\"", code: got < 0 ? errno : EIO)
      }
      done += got
    }
  }

  private static let hint =
    "name a directory with enough room in TMPDIR, or raise --memory so that less is written there"
}
