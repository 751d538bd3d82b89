import Foundation

/// Finds passwords where they must not be, and brings those from a file to where libpq looks.
package enum PostgresSecret {
  /// True for `postgres://user:secret@...`, `...?password=secret` and `password = secret`, with or without
  /// an option before it.
  package static func isPresent(in text: String) -> Bool {
    guard text.contains("postgres://") || text.contains("postgresql://") else {
      return text.contains(#/(?:^|[\s=])(?:ssl)?password\s*=/#)
    }
    if text.contains("password=") { return true }
    let authority = text.split(separator: "//", maxSplits: 1).last?.prefix {
      $0 != "/" && $0 != "?"
    }
    guard let authority, let at = authority.lastIndex(of: "@") else { return false }
    let credentials = authority[..<at]
    guard let colon = credentials.firstIndex(of: ":") else { return false }
    return credentials[colon...].count > 1
  }

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
