/// Something that carries HTTP requests to their servers.
package protocol HTTPTransport: Sendable {
  /// Sends a request and waits for the whole answer; blocks the calling thread.
  ///
  /// May be called by any number of threads at once.
  ///
  /// - Throws: when no answer came; an answer of any status is returned.
  func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse
}

/// Why no answer came.
package struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Sendable {
    /// The host's name has no address.
    case nameNotFound
    case noConnection
    /// The server's certificate is not trusted, or the two speak no common TLS.
    case untrusted
    /// It took longer than the request's limits.
    case timeout
    /// The connection broke while the answer was awaited: the request may have had its effect.
    case broken
    /// The request could not even be made.
    case unusable
  }

  package var kind: Kind
  /// libcurl's words.
  package var description: String

  package init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// True for what may pass.
  package var isTransient: Bool { kind != .untrusted && kind != .unusable }
}
