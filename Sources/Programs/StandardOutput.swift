// For `stdout`, a variable in C that nothing here changes.
@preconcurrency import Foundation

/// Standard output, where `print` leaves what it could not write unsaid.
enum StandardOutput {
  /// Hands on what is still in memory.
  ///
  /// - Throws: `.failed` if that, or anything before it, could not be written.
  static func flush() throws(Failure) {
    let isFlushed = fflush(stdout) == 0
    let reason = isFlushed ? "" : ": " + String(cString: strerror(errno))
    guard isFlushed, ferror(stdout) == 0 else {
      throw Failure(.failed, "could not write to standard output\(reason)")
    }
  }
}
