import CScan
import Foundation
import Synchronization

/// A file that several tasks append whole buffers to, in any order between them.
package final class RowFile: Sendable {
  /// How much is written before the disk is set to work on it, so that `publish` need not wait for
  /// all of it.
  private static let writebackByteCount: Int64 = 8 << 20

  private struct State {
    var descriptor: Int32
    var byteCount: Int64 = 0
    /// Of these, that the disk has been set to work on.
    var startedByteCount: Int64 = 0
  }

  private let path: String
  /// What `publish` calls it.
  private let finalName: String?
  private let state: Mutex<State>
  private let isStandardOutput: Bool
  /// At most written at once: for more, the system's cache looks for larger pages, which on virtual
  /// machines are those that cost most to touch first.
  private static let writeByteCount = 64 << 10

  /// Standard output.
  package init() {
    path = "standard output"
    finalName = nil
    state = Mutex(State(descriptor: STDOUT_FILENO))
    isStandardOutput = true
  }

  /// An empty file; what was there is replaced.
  package convenience init(path: String) throws(ConnectorError) {
    try self.init(path: path, finalName: nil)
  }

  /// An empty file, locked if it has this name only until it is published.
  init(path: String, finalName: String?) throws(ConnectorError) {
    self.path = path
    self.finalName = finalName
    let opened = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw .system(
        "create \"\(path)\"",
        code: errno,
        hint: "name a directory that can be written to"
      )
    }
    state = Mutex(State(descriptor: opened))
    isStandardOutput = false
    // Where the file system has no locks, nobody gets one and takes the file away.
    if finalName != nil { _ = flock(opened, LOCK_EX | LOCK_NB) }
  }

  deinit {
    if !isStandardOutput { close(state.withLock { $0.descriptor }) }
  }

  /// Writes all of it, not interleaved with other writes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(ConnectorError) {
    guard !bytes.isEmpty else { return }
    let code: Int32 = state.withLock { state in
      var rest = bytes[...]
      while !rest.isEmpty {
        let buffer = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.writeByteCount))
        let count = Foundation.write(state.descriptor, buffer.baseAddress, buffer.count)
        if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return errno }
      }
      state.byteCount += Int64(bytes.count)
      startWriteback(&state)
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

  private func startWriteback(_ state: inout State) {
    let rest = state.byteCount - state.startedByteCount
    guard !isStandardOutput, rest >= Self.writebackByteCount else { return }
    writeback_start(state.descriptor, state.startedByteCount, rest)
    state.startedByteCount = state.byteCount
  }

  /// Waits until all that was written is safe on disk.
  package func flush() throws(ConnectorError) {
    guard fsync(state.withLock { $0.descriptor }) == 0 else {
      throw .system("flush \"\(path)\"", code: errno)
    }
  }

  /// Gives a file of `init(replacing:)` its final name, replacing what has it.
  ///
  /// - Parameter isSynchronous: whether it is to be safe on disk before.
  /// - Throws: what the system said; the file still has its temporary name then.
  package func publish(isSynchronous: Bool = true) throws(ConnectorError) {
    guard let finalName else { preconditionFailure("\(path) has no other name to get") }
    if isSynchronous { try flush() }
    guard rename(path, finalName) == 0 else {
      throw .system("rename \"\(path)\" to \"\(finalName)\"", code: errno)
    }
  }

  /// Takes an unfinished file away.
  package func discard() { unlink(path) }
}
