import Connect
import Foundation

/// Lets one process at a time into a section, by an advisory lock on a file.
///
/// The system drops the lock when the process ends, however it ends.
enum FileLock {
  /// Waits for the lock, runs `body`, and lets go of it.
  ///
  /// `body` gets the file, for a program that is to hold the lock too.
  static func withLock<Result>(
    on path: String,
    _ body: (_ lock: ChildProcess.Stream) throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    // Closed in the programs started meanwhile: a server must not inherit the lock.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw PrivateDirectory.failure("lock", path) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw PrivateDirectory.failure("lock", path) }
    }
    return try body(.descriptor(descriptor))
  }
}
