/// A place in a file of the embedded log.
///
/// ```
/// part-00000.jsonl:4711            the byte offset of a record's start
/// part-00000.jsonl:4711+40+97      and where records ended although their lines went on later
/// ```
///
/// A bounded run takes what stands behind the last line end for a record. Where the file grows on in
/// mid-line afterwards, no later reading would part the line there by itself: so its position says,
/// for as long as any reading starts before.
struct FilePosition {
  /// Of the file, so that a renamed or resorted log is noticed.
  var name: String
  var offset: Int64
  var cuts = LineCuts()

  var position: SourcePosition { SourcePosition("\(name):\(offset)\(cuts.text)") }
}

extension FilePosition {
  /// Nil for another form.
  init?(_ position: SourcePosition) {
    guard let colon = position.token.lastIndex(of: ":") else { return nil }
    let numbers = position.token[colon...].dropFirst()
      .split(separator: "+", omittingEmptySubsequences: false).map { Int64($0) ?? -1 }
    guard let offset = numbers.first, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    self.init(
      name: String(position.token[..<colon]),
      offset: offset,
      cuts: LineCuts(Array(numbers.dropFirst()))
    )
  }
}
