/// Addresses as messages may show them: without passwords.
package enum Redaction {
  /// Puts `***` for the password of `user:password@` and of `password=...`, which may be
  /// percent-encoded.
  ///
  /// Takes for the password what may be one: from the first colon behind the scheme to the last `@`,
  /// whatever stands between, and behind the scheme's colon where no `/` follows.
  package static func redacted(_ text: String) -> String {
    let shown = hidingPairs(
      in: hidingCredentials(in: text),
      #/(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)/#
    )
    let decoded = percentDecoded(shown)
    guard decoded != shown else { return shown }
    // What ends a password that was encoded cannot be told.
    let hidden = hidingPairs(in: hidingCredentials(in: decoded), #/(password\s*=\s*)(.+)/#)
    return hidden == decoded ? shown : hidden
  }

  /// True for `postgres://user:secret@...` and `password=secret`, wherever in the text they stand, and
  /// percent-encoded or not.
  package static func findsPassword(in text: String) -> Bool {
    let text = percentDecoded(text)
    return text.contains(#/password\s*=/#)
      || text.contains(#/postgres(?:ql)?:\/\/[^\/?#:@\s]*:.+@/#)
  }

  /// The text with `%41` as `A`; what stands for no ASCII character stays.
  package static func percentDecoded(_ text: String) -> String {
    text.replacing(#/%([0-7][0-9A-Fa-f])/#) { match in
      UInt8(match.1, radix: 16).map { String(UnicodeScalar($0)) } ?? String(match.0)
    }
  }

  private static func hidingCredentials(in text: String) -> String {
    guard let at = text.lastIndex(of: "@") else { return text }
    let (_, rest) = StreamURI.split(text)
    let start =
      rest[..<at].firstIndex(of: ":").map { text.index(after: $0) }
      ?? (rest.startIndex > text.startIndex && !rest.hasPrefix("/") ? rest.startIndex : nil)
    guard let start, start < at else { return text }
    return text[..<start] + "***" + text[at...]
  }

  /// Of each match the second part is the password.
  private static func hidingPairs(
    in text: String,
    _ pair: Regex<(Substring, Substring, Substring)>
  ) -> String {
    text.replacing(pair) { "\($0.1)***" }
  }
}
