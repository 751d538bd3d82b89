/// Splits a command into its words as a shell does, and expands nothing (POSIX, "Quoting").
///
/// `notify --to "the team" it\'s` has the four words `notify`, `--to`, `the team`, `it's`. Between
/// double quotes a backslash stands for itself, unless before one of `$`, backquote, `"`, `\`.
package enum CommandWords {
  /// Nil when a quote does not close, or there is no word.
  package static func split(_ command: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in command {
      if isEscaped {
        let isKept = quote != nil && !"$`\"\\".contains(character)
        word = (word ?? "") + (isKept ? "\\" : "") + String(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if quote == nil, character.isWhitespace {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil, !isEscaped else { return nil }
    if let word { words.append(word) }
    return words.isEmpty ? nil : words
  }
}
