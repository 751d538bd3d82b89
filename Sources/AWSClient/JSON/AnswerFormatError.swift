/// An answer that is not of the form that its action has.
package struct AnswerFormatError: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }

  static func expected(_ what: String, at offset: Int) -> AnswerFormatError {
    AnswerFormatError("expected \(what) at byte \(offset) of the answer")
  }
}
