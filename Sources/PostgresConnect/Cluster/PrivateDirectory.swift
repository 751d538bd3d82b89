import Connect
import Foundation

/// Directories that only the server's user (and root) can enter.
enum PrivateDirectory {
  /// Makes the directory if it is missing, and gives it to `user` with mode 0700.
  static func make(_ path: String, for user: ServerUser) throws(ConnectorError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("create", path) }
    try give(path, to: user)
  }

  /// Makes a new directory named `prefix` and six random characters.
  static func makeUnique(prefix: String, for user: ServerUser) throws(ConnectorError) -> String {
    var template = Array("\(prefix)XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    guard let made else { throw failure("create", prefix) }
    try give(made, to: user)
    return made
  }

  private static func give(_ path: String, to user: ServerUser) throws(ConnectorError) {
    if user.other != nil, chown(path, user.userID, user.groupID) != 0 {
      throw failure("hand over to \(user.name)", path)
    }
    guard chmod(path, 0o700) == 0 else { throw failure("close to others", path) }
  }

  /// True for a real directory of `user` that nobody else can enter.
  static func exists(_ path: String, of user: ServerUser) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFDIR && status.st_mode & 0o077 == 0
      && status.st_uid == user.userID
  }

  /// The error of a system call, by default of one that has just set `errno`.
  static func failure(
    _ attempt: String,
    _ path: String,
    code: Int32 = errno
  ) -> ConnectorError {
    let reason = String(cString: strerror(code))
    return ConnectorError(
      .permanent,
      "could not \(attempt) directory \(path): \(reason)",
      hint: "Choose a directory that you may write to, or name a server by DATABASE_URL."
    )
  }
}
