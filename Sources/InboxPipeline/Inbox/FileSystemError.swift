import Connect
import Foundation

extension ConnectorError {
  /// A failed system call, such as `attempt` = `open "/data/file"`, told by errno.
  ///
  /// An interrupted, overloaded or timed out system is worth another try; so is a full disk, which
  /// somebody may clear.
  static func fileSystem(_ attempt: String, code: Int32 = errno) -> ConnectorError {
    let mayPass = [EINTR, EAGAIN, EBUSY, EMFILE, ENFILE, ENOMEM, ETIMEDOUT, ESTALE, EIO, ENOSPC]
    return ConnectorError(
      mayPass.contains(code) ? .transient : .permanent,
      "could not \(attempt): \(String(cString: strerror(code)))",
      hint: hint(code)
    )
  }

  private static func hint(_ code: Int32) -> String? {
    switch code {
    case ENOSPC, EDQUOT: "Free space there; the next run goes on with what is in the inbox."
    case EACCES, EPERM, EROFS: "Let this user read and write there."
    case EXDEV: "Keep all directories of the inbox on one file system."
    default: nil
    }
  }
}
