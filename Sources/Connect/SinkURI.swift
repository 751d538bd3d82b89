/// Where attributed rows go, as the commands take it.
///
///     postgres://USER@HOST:PORT/DATABASE     libpq's URI; also postgresql://
///     service=NAME dbname=NAME ...           libpq's key=value form
///     csv:DIR                                DIR/attributed_checkouts.csv
///     jsonl:FILE, jsonl:-                    JSON lines, into a file or standard output
package enum SinkURI: Hashable, Sendable, CustomStringConvertible {
  /// A libpq connection string; it may hold a password, so print `description` only.
  case postgres(connection: String)
  case csv(directory: String)
  /// Nil is standard output.
  case jsonLines(file: String?)

  package init(parsing text: String) throws(ConnectorError) {
    if Self.isKeyValueForm(text) {
      self = .postgres(connection: text)
      return
    }
    let (scheme, rest) = StreamURI.split(text)
    switch scheme {
    case "postgres" where rest.hasPrefix("//"), "postgresql" where rest.hasPrefix("//"):
      self = .postgres(connection: text)
    case "csv":
      self = .csv(directory: try StreamURI.directory(rest, of: text))
    case "jsonl" where rest == "-":
      self = .jsonLines(file: nil)
    case "jsonl":
      self = .jsonLines(
        file: try StreamURI.path(rest, of: text, to: "file", written: "FILE")
      )
    default:
      throw .usage(
        "sink URI \"\(Redaction.redacted(text))\" is of no known form",
        hint: "write postgres://HOST/DATABASE, service=NAME, csv:DIR, jsonl:FILE or jsonl:-"
      )
    }
  }

  /// The sink it names, given whether the run is bounded; a usage error for a database, which
  /// another module writes to.
  package func makeFileSink(untilEnd: Bool) throws(ConnectorError) -> any Sink {
    switch self {
    case .csv(let directory):
      return try CSVSink(directory: directory, untilEnd: untilEnd)
    case .jsonLines(let file):
      return try JSONLinesSink(file: file)
    case .postgres:
      throw .usage("sink \(self) is no file", hint: "write csv:DIR, jsonl:FILE or jsonl:-")
    }
  }

  /// The URI without its password.
  package var description: String {
    switch self {
    case .postgres(let connection): Redaction.redacted(connection)
    case .csv(let directory): "csv:\(directory)"
    case .jsonLines(let file): "jsonl:\(file ?? "-")"
    }
  }

  /// A word of lower-case letters and `_`, then `=`: libpq's `host=... dbname=...`.
  private static func isKeyValueForm(_ text: String) -> Bool {
    guard let equals = text.firstIndex(of: "=") else { return false }
    let key = text[..<equals].drop { $0 == " " }.reversed().drop { $0 == " " }
    return !key.isEmpty
      && key.allSatisfy { $0 == "_" || ($0.isASCII && $0.isLowercase) }
  }
}
