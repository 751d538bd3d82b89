/// One HTTP request, its body whole.
package struct HTTPRequest: Sendable {
  package typealias Header = (name: String, value: String)

  package var method: String
  package var url: String
  package var headers: [Header]
  package var body: [UInt8]
  package var limits: TimeLimits
  /// Asks the host itself, whatever proxy the environment names: for addresses of this machine.
  package var isDirect: Bool

  package init(
    _ method: String,
    _ url: String,
    headers: [Header] = [],
    body: [UInt8] = [],
    limits: TimeLimits = TimeLimits(),
    isDirect: Bool = false
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.limits = limits
    self.isDirect = isDirect
  }
}

/// How long a request may take.
package struct TimeLimits: Hashable, Sendable {
  /// Until the connection stands, TLS included.
  package var connecting: Duration
  /// From start to end of the whole exchange.
  package var whole: Duration

  package init(connecting: Duration = .seconds(5), whole: Duration = .seconds(30)) {
    self.connecting = connecting
    self.whole = whole
  }
}

/// What a server answered, whatever its status.
package struct HTTPResponse: Sendable {
  package var status: Int
  /// By lower-case name; of several of a name the last.
  package var headers: [String: String]
  package var body: ScannableBytes

  package init(status: Int, headers: [String: String] = [:], body: ScannableBytes) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
