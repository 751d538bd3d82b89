import Foundation

/// Lets one process at a time into a section, by an advisory lock on a file.
///
/// The system drops the lock when the process ends, however it ends.
package enum FileLock {
  /// Waits for the lock, runs `body`, and lets go of it.
  ///
  /// - Parameters:
  ///   - path: of the file, which is made where it is missing.
  ///   - failure: the error for one that cannot be opened or locked, by the system's code.
  ///   - body: gets the file, for a program that is to hold the lock too.
  /// - Returns: what `body` does.
  /// - Throws: what `failure` makes, and what `body` throws.
  package static func withLock<Result, Failure: Error>(
    on path: String,
    failure: (_ code: Int32) -> Failure,
    _ body: (_ lock: ChildProcess.Stream) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Closed in the programs started meanwhile: a server must not inherit the lock.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw failure(errno) }
    }
    return try body(.descriptor(descriptor))
  }
}
