import CLibPQ
package import Connect

/// Where a database is: a libpq URI (`postgres://...`) or `key=value` pairs.
///
/// What it leaves out comes from libpq's defaults: the PG* variables, `service=` and `.pgpass`.
/// `description` never shows a password.
package struct PostgresAddress: Hashable, Sendable, CustomStringConvertible {
  /// As given; may hold a password.
  package let connectionString: String
  package let description: String

  /// - Throws: `.usage` when libpq cannot read it.
  package init(_ connectionString: String) throws(ConnectorError) {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(connectionString, &message) else {
      let reason = message.map { String(cString: $0) } ?? "out of memory"
      PQfreemem(message)
      throw Self.unreadable(connectionString, reason: reason)
    }
    defer { PQconninfoFree(options) }
    let values = ConnectionOptions.values(of: options)
    guard !Self.isMisread(connectionString, as: values) else {
      throw Self.unreadable(connectionString, reason: nil)
    }
    self.connectionString = connectionString
    self.description = Self.describe(values)
  }

  private static func describe(_ values: [String: String]) -> String {
    if let service = values["service"] { return "postgres://?service=\(service)" }
    let host = values["host"] ?? values["hostaddr"] ?? ""
    let isSocket = host.hasPrefix("/")
    var text = "postgres://"
    if let user = values["user"] { text += "\(user)@" }
    if !isSocket { text += host }
    if let port = values["port"] { text += ":\(port)" }
    text += "/" + (values["dbname"] ?? "")
    return isSocket ? "\(text)?host=\(host)" : text
  }

  /// Whether libpq takes a part of the password, with an `@` or `/` in it that is not
  /// percent-encoded, for the host, the port or the database, or an address or setting with a
  /// password for a name: those are shown.
  private static func isMisread(_ text: String, as values: [String: String]) -> Bool {
    if values.contains(where: { $0 != "password" && Redaction.findsPassword(in: $1) }) {
      return true
    }
    if let port = values["port"], !port.allSatisfy({ $0 == "," || ("0"..."9").contains($0) }) {
      return true
    }
    guard let scheme = text.firstRange(of: "://") else { return false }
    let location = text[scheme.upperBound...].prefix { $0 != "?" }
    guard let last = location.lastIndex(of: "@") else { return false }
    return location[..<last].contains { $0 == "@" || $0 == "/" }
  }

  /// libpq quotes parts of what it could not read, so its words stay out where a password may be.
  private static func unreadable(_ text: String, reason: String?) -> ConnectorError {
    let plain = Redaction.percentDecoded(text)
    let mayHoldSecret = plain.contains("@") || plain.contains("password")
    let detail = mayHoldSecret ? "" : reason.map { ": \($0.trimmedLine)" } ?? ""
    return ConnectorError(
      .usage,
      "could not read the PostgreSQL address\(detail)",
      hint: "Write postgres://USER@HOST:PORT/DATABASE, percent-encode what is special, "
        + "and give the password in PGPASSWORD or ~/.pgpass."
    )
  }
}
