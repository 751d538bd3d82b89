/// Where a stream is read from or written to, as the commands take it.
///
///     file:DIR                                      the embedded log
///     kafka://HOST:PORT[,HOST:PORT]/PREFIX          topics PREFIX-clicks, PREFIX-checkouts
///     kinesis://REGION/PREFIX[?endpoint=URL]        streams PREFIX-clicks, PREFIX-checkouts
///
/// File paths are taken as they stand, without percent-decoding.
package enum StreamURI: Hashable, Sendable, CustomStringConvertible {
  case file(directory: String)
  case kafka(brokers: [String], prefix: String)
  case kinesis(region: String, prefix: String, endpoint: String?)

  package init(parsing text: String) throws(ConnectorError) {
    let (scheme, rest) = Self.split(text)
    switch scheme {
    case "file": self = .file(directory: try Self.directory(rest, of: text))
    case "kafka": self = try Self.kafka(rest, of: text)
    case "kinesis": self = try Self.kinesis(rest, of: text)
    case nil:
      throw .usage(
        "stream URI \"\(Redaction.redacted(text))\" has no scheme",
        hint: "write file:\(Redaction.redacted(text)) for a directory"
      )
    case .some(let other):
      throw .usage(
        "stream URI \"\(Redaction.redacted(text))\" has the scheme \"\(other)\"",
        hint: "write file:DIR, kafka://HOST:PORT/PREFIX or kinesis://REGION/PREFIX"
      )
    }
  }

  package var description: String {
    switch self {
    case .file(let directory):
      return "file:\(directory)"
    case .kafka(let brokers, let prefix):
      return "kafka://\(brokers.joined(separator: ","))/\(prefix)"
    case .kinesis(let region, let prefix, let endpoint):
      return "kinesis://\(region)/\(prefix)" + (endpoint.map { "?endpoint=\($0)" } ?? "")
    }
  }

  /// The scheme in lower case, and what follows its colon; no scheme when there is no colon, or
  /// what precedes it is no scheme.
  static func split(_ text: String) -> (scheme: String?, rest: Substring) {
    guard let colon = text.firstIndex(of: ":") else { return (nil, text[...]) }
    let scheme = text[..<colon]
    guard let first = scheme.first, first.isASCII, first.isLetter,
      scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
    else { return (nil, text[...]) }
    return (scheme.lowercased(), text[text.index(after: colon)...])
  }

  /// `DIR`, `/DIR` and `///DIR`, behind a scheme; a host is refused.
  static func directory(_ rest: Substring, of text: String) throws(ConnectorError) -> String {
    try path(rest, of: text, to: "directory", written: "DIR")
  }

  /// A path behind a scheme, and in messages what it leads to; a host is refused.
  static func path(
    _ rest: Substring,
    of text: String,
    to object: String,
    written place: String
  ) throws(ConnectorError) -> String {
    let scheme = split(text).scheme ?? "file"
    var path = rest
    if path.hasPrefix("//") {
      path = path.dropFirst(2)
      guard path.hasPrefix("/") else {
        throw .usage(
          "URI \"\(Redaction.redacted(text))\" names a host",
          hint: "write \(scheme):\(place), or \(scheme):///\(place) from the root"
        )
      }
    }
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .usage(
        "URI \"\(Redaction.redacted(text))\" names no \(object)",
        hint: "write a \(object) after the colon"
      )
    }
    return String(path)
  }

  private static func kafka(_ rest: Substring, of text: String) throws(ConnectorError) -> Self {
    let parts = rest.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false)
    guard rest.hasPrefix("//"), parts.count == 2, isName(parts[1]) else {
      throw .usage(
        "Kafka URI \"\(Redaction.redacted(text))\" is not of the form kafka://HOST:PORT[,HOST:PORT]/PREFIX",
        hint: "a prefix is of letters, digits, dots, underscores and hyphens"
      )
    }
    guard !parts[0].contains("@") else {
      throw .usage(
        "Kafka URI for the prefix \"\(parts[1])\" has a user name, and perhaps a password",
        hint: "give them in FIRSTCLICK_KAFKA_SASL_USERNAME and FIRSTCLICK_KAFKA_SASL_PASSWORD"
      )
    }
    let brokers = parts[0].split(separator: ",", omittingEmptySubsequences: false)
    for broker in brokers {
      let colon = broker.lastIndex(of: ":") ?? broker.endIndex
      let port = broker[colon...].dropFirst()
      guard colon > broker.startIndex, UInt16(port).map({ $0 > 0 }) ?? false else {
        throw .usage(
          "Kafka URI \"\(Redaction.redacted(text))\" names the broker \"\(broker)\"",
          hint: "write HOST:PORT"
        )
      }
    }
    return .kafka(brokers: brokers.map(String.init), prefix: String(parts[1]))
  }

  private static func kinesis(_ rest: Substring, of text: String) throws(ConnectorError) -> Self {
    let query = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = query[0].dropFirst(2).split(separator: "/", omittingEmptySubsequences: false)
    guard rest.hasPrefix("//"), parts.count == 2, isName(parts[0]), isName(parts[1]) else {
      throw .usage(
        "Kinesis URI \"\(Redaction.redacted(text))\" is not of the form kinesis://REGION/PREFIX[?endpoint=URL]",
        hint: "a prefix is of letters, digits, dots, underscores and hyphens"
      )
    }
    var endpoint: String?
    if query.count == 2 {
      guard query[1].hasPrefix("endpoint=http") else {
        throw .usage(
          "Kinesis URI \"\(Redaction.redacted(text))\" has the query \"\(Redaction.redacted(String(query[1])))\"",
          hint: "write ?endpoint=https://HOST:PORT or leave it out"
        )
      }
      endpoint = String(query[1].dropFirst("endpoint=".count))
    }
    return .kinesis(region: String(parts[0]), prefix: String(parts[1]), endpoint: endpoint)
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
