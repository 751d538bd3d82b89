package import Connect

/// A place where credentials come from.
package protocol CredentialsProvider: Sendable {
  /// The credentials that are there; nil if this place has none, so that the next one is asked.
  ///
  /// May block for as long as a call over the network takes.
  ///
  /// - Throws: when the place is there, and what it says is broken or refused: no other is asked.
  func credentials() throws(ConnectorError) -> Credentials?
}
