import AWSClient
import Connect
import Foundation
import KinesisConnect
import TestSupport
import Testing

/// Over TLS, to a server whose certificate is its own authority.
@Suite struct TLSTests {
  private static func summary(
    _ server: MotoServer,
    authorities: String?
  ) throws(ServiceError) -> StreamSummary? {
    var environment = server.environment
    environment["AWS_CA_BUNDLE"] = authorities
    guard
      let settings = try? KinesisSettings(
        region: MotoServer.region,
        prefix: "shop",
        endpoint: server.address
      )
    else { return nil }
    let client = KinesisClient(settings, environment: environment)
    try client.createStream("shop-clicks")
    return try client.describeStreamSummary("shop-clicks")
  }

  @Test func `a server is trusted by its authority alone`() throws {
    try withTemporaryDirectory { directory in
      let server = try MotoServer(identity: TestIdentity(in: directory))
      defer { server.stop() }
      #expect(server.address.hasPrefix("https://127.0.0.1:"))
      let refused = #expect(throws: ServiceError.self) {
        try Self.summary(server, authorities: nil)
      }
      #expect(refused?.reason == .unanswered(.untrusted))
      #expect(refused?.isTransient == false)
      #expect(
        refused?.connectorError.hint
          == "name the file of the authority that signed its certificate in AWS_CA_BUNDLE"
      )
      let trusted = try Self.summary(server, authorities: "\(directory)/127.0.0.1.pem")
      #expect(trusted?.name == "shop-clicks")
    }
  }

  @Test func `a certificate for another host is refused`() throws {
    try withTemporaryDirectory { directory in
      // The test's own calls to it go astray too: the server is never of use.
      let identity = try TestIdentity(in: directory, for: "127.0.0.9")
      let error = #expect(throws: HTTPFailure.self) { try MotoServer(identity: identity) }
      #expect(error?.kind == .untrusted)
    }
  }
}
