import Foundation

/// Brings a password from a file to where libpq looks.
package enum PostgresSecret {
  /// Makes the first line of `FIRSTCLICK_PASSWORD_FILE`, if set, the password of connections whose
  /// address has none.
  ///
  /// Call before the first connection and the first thread.
  package static func adoptPasswordFile() throws(Failure) {
    guard let path = ProcessInfo.processInfo.environment["FIRSTCLICK_PASSWORD_FILE"] else { return }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let password = text.split(whereSeparator: \.isNewline).first
    else {
      throw Failure(
        .usage,
        "could not read a password from FIRSTCLICK_PASSWORD_FILE \(path)",
        hint: "Name a readable text file whose first line is the password."
      )
    }
    setenv("PGPASSWORD", String(password), 1)
  }
}
