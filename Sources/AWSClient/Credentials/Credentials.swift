package import Dataflow

/// An access key, its secret, and the session they belong to.
///
/// Its description never shows a secret.
package struct Credentials: Hashable, Sendable {
  package var accessKeyID: String
  package var secretAccessKey: String
  /// Of temporary credentials.
  package var sessionToken: String?
  /// Nil: they do not expire.
  package var expiration: EventTime?
  /// Where they were found, for messages: `environment`, `profile "shop" in /home/...`.
  package var source: String

  /// An empty token counts as none, wherever it stands.
  package init(
    accessKeyID: String,
    secretAccessKey: String,
    sessionToken: String? = nil,
    expiration: EventTime? = nil,
    source: String
  ) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken.flatMap { $0.isEmpty ? nil : $0 }
    self.expiration = expiration
    self.source = source
  }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "credentials of \(source)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["source": source]) }
}
