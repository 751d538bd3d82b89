/// What went wrong at a source or sink: one clear line, and what to do.
package struct ConnectorError: Error, Sendable, CustomStringConvertible {
  package enum Kind: Sendable {
    /// The options or URI are wrong: exit code 2.
    case usage
    /// It may pass (connection lost, server restarting): retry with backoff.
    case transient
    /// It will not pass by itself (permission, disk full, corrupt): stop with exit code 1.
    case permanent
    /// The log no longer has what comes next: one task cannot go on, the others can.
    case lost
    /// Another worker has taken the task over: let go of it.
    case fenced
    /// The sink has forgotten commits that it had acknowledged (asynchronous commit and a server
    /// crash): reopen the task at the positions it still has and read on from there.
    case rewound
    /// Somebody asked for the end while it was under way: nothing is wrong, and nothing came of it.
    case stopped
  }

  package var kind: Kind
  /// Lowercase, no full stop: the object, its value, what was attempted, what was found.
  package var message: String
  /// What to do about it, a sentence.
  package var hint: String?

  package init(_ kind: Kind, _ message: String, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  package var description: String { hint.map { "\(message); \($0)" } ?? message }
}
