import Foundation

/// A file of whole lines, appended to by any number of writers.
///
/// Each holds a lock on the file until its lines are whole: the system may take a part of a write
/// only, and what is to be taken back must be the file's end by then.
final class AppendedFile: Sendable {
  private static let newline = UInt8(ascii: "\n")

  private let path: String
  private let descriptor: Int32
  /// Of what was there before.
  let formerByteCount: Int

  /// Opens the file, made when it is missing; one that ends within a line, left by a crash, gets its
  /// line end first.
  init(_ path: String) throws(ConnectorError) {
    let descriptor = Foundation.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .system(
        "open \"\(path)\" for appending",
        code: errno,
        hint: "name a directory that this user may write to"
      )
    }
    self.path = path
    self.descriptor = descriptor
    do throws(ConnectorError) {
      formerByteCount = try Self.whileLocked(descriptor, of: path) { Self.endLine(of: descriptor) }
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Appends whole lines, each with its line end.
  func append(_ lines: UnsafeRawBufferPointer) throws(ConnectorError) {
    try Self.whileLocked(descriptor, of: path) { () throws(ConnectorError) in
      var rest = lines
      while !rest.isEmpty {
        let written = write(descriptor, rest.baseAddress, rest.count)
        if written < 0 && errno == EINTR { continue }
        guard written >= 0 else {
          let code = errno
          takeBackPartialLine(ofWritten: lines.dropLast(rest.count))
          throw .system(
            "append to \"\(path)\"",
            code: code,
            hint: code == ENOSPC ? "make room; the log holds whole lines up to here" : nil
          )
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
      }
    }
  }

  /// Cuts off what stands behind the last line end of `written`, the part of an append that the
  /// system took.
  private func takeBackPartialLine(ofWritten written: Slice<UnsafeRawBufferPointer>) {
    let whole = written.lastIndex(of: Self.newline).map { $0 + 1 } ?? written.startIndex
    let excess = written.endIndex - whole
    guard excess > 0 else { return }
    _ = ftruncate(descriptor, lseek(descriptor, 0, SEEK_END) - off_t(excess))
  }

  /// The file's length before its last line got its end.
  private static func endLine(of descriptor: Int32) -> Int {
    let end = Int(lseek(descriptor, 0, SEEK_END))
    var last = newline
    if end > 0 { _ = pread(descriptor, &last, 1, off_t(end - 1)) }
    if last != newline { _ = write(descriptor, "\n", 1) }
    return end
  }

  private static func whileLocked<Result>(
    _ descriptor: Int32,
    of path: String,
    _ body: () throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    try FileLock.withLock(
      on: descriptor,
      failure: { .system("lock \"\(path)\" for appending", code: $0) },
      body
    )
  }
}
