package import Connect

/// Why a program ends with another exit code than 0: one line for people, a number for scripts.
package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Int32, Sendable {
    /// It was tried and did not work.
    case failed = 1
    /// The options, the environment or the config file are wrong; nothing was touched.
    case usage = 2
    /// `verify` found rows that differ from the rule.
    case difference = 3
  }

  package var kind: Kind
  /// Lowercase, no full stop: the object, its value, what was expected, what was found.
  package var message: String
  /// What to do about it, a sentence.
  package var hint: String?

  package init(_ kind: Kind, _ message: String, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  package init(_ error: ConnectorError) {
    self.init(error.kind == .usage ? .usage : .failed, error.message, hint: error.hint)
  }

  package var description: String { hint.map { "\(message); \($0)" } ?? message }
}
