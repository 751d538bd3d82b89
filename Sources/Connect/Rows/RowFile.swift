import Foundation
import Synchronization

/// A file that several tasks append whole buffers to, in any order between them.
package final class RowFile: Sendable {
  private let path: String
  private let descriptor: Mutex<Int32>
  private let isStandardOutput: Bool
  /// At most written at once: for more, the system's cache looks for larger pages, which on virtual
  /// machines are those that cost most to touch first.
  private static let writeByteCount = 64 << 10

  /// Standard output.
  package init() {
    path = "standard output"
    descriptor = Mutex(STDOUT_FILENO)
    isStandardOutput = true
  }

  /// An empty file; what was there is replaced.
  package init(path: String) throws(ConnectorError) {
    self.path = path
    let opened = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw .system(
        "create \"\(path)\"",
        code: errno,
        hint: "name a directory that can be written to"
      )
    }
    descriptor = Mutex(opened)
    isStandardOutput = false
  }

  deinit {
    if !isStandardOutput { close(descriptor.withLock { $0 }) }
  }

  /// Writes all of it, not interleaved with other writes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(ConnectorError) {
    guard !bytes.isEmpty else { return }
    let code: Int32 = descriptor.withLock { descriptor in
      var rest = bytes[...]
      while !rest.isEmpty {
        let buffer = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.writeByteCount))
        let count = Foundation.write(descriptor, buffer.baseAddress, buffer.count)
        if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return errno }
      }
      return 0
    }
    guard code == 0 else {
      throw .system(
        "write \(bytes.count) bytes to \(path)",
        code: code,
        hint: code == ENOSPC ? "make room on the disk and run again" : nil
      )
    }
  }

  /// Gives the file its final name, replacing what has it.
  ///
  /// - Parameters:
  ///   - name: in the same directory.
  ///   - isSynchronous: whether it is to be safe on disk before.
  /// - Throws: what the system said.
  package func publish(as name: String, isSynchronous: Bool = true) throws(ConnectorError) {
    guard !isSynchronous || fsync(descriptor.withLock { $0 }) == 0 else {
      throw .system("flush \"\(path)\"", code: errno)
    }
    guard rename(path, name) == 0 else {
      throw .system("rename \"\(path)\" to \"\(name)\"", code: errno)
    }
  }

  /// Takes an unfinished file away.
  package func discard() { unlink(path) }
}
