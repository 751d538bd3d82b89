/// Addresses as messages may show them: without passwords.
package enum Redaction {
  /// Puts `***` for the password of `user:password@` and of `password=...`.
  ///
  /// Takes for the password what may be one: from the first colon behind the scheme to the last `@`,
  /// whatever stands between, and behind the scheme's colon where no `/` follows.
  package static func redacted(_ text: String) -> String {
    var text = text
    if let at = text.lastIndex(of: "@") {
      let (_, rest) = StreamURI.split(text)
      let credentials = rest[..<at]
      let start =
        credentials.firstIndex(of: ":").map { text.index(after: $0) }
        ?? (rest.startIndex > text.startIndex && !rest.hasPrefix("/") ? rest.startIndex : nil)
      if let start, start < at { text.replaceSubrange(start..<at, with: "***") }
    }
    for match in text.matches(of: #/(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)/#).reversed() {
      text.replaceSubrange(match.2.startIndex..<match.2.endIndex, with: "***")
    }
    return text
  }
}
