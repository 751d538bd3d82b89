/// Where a message stops being JSON, or a row CSV.
struct SyntaxFault: Error {
  /// In bytes from the start of the message.
  let offset: Int
  /// What would have been right there.
  let expected: StaticString
}
