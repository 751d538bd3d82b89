import Foundation

/// Lets one at a time into a section, of all that have opened the same file, by an advisory lock on it.
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
    try lock(descriptor, failure: failure)
    // Not unlocked: a program that has been given the file goes on holding it.
    return try body(.descriptor(descriptor))
  }

  /// Waits for the lock, runs `body`, and lets go of it.
  ///
  /// - Parameters:
  ///   - descriptor: of the file, opened by the caller, who shares the lock with nobody.
  ///   - failure: the error for one that cannot be locked, by the system's code.
  ///   - body: does not close the file.
  /// - Returns: what `body` does.
  /// - Throws: what `failure` makes, and what `body` throws.
  package static func withLock<Result, Failure: Error>(
    on descriptor: Int32,
    failure: (_ code: Int32) -> Failure,
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try lock(descriptor, failure: failure)
    defer { flock(descriptor, LOCK_UN) }
    return try body()
  }

  private static func lock<Failure: Error>(
    _ descriptor: Int32,
    failure: (_ code: Int32) -> Failure
  ) throws(Failure) {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw failure(errno) }
    }
  }
}
