import AWSClient
import Connect
import Testing

@Suite struct EndpointTests {
  @Test(arguments: [
    ("https://kinesis.internal/", "https://kinesis.internal", "kinesis.internal", false),
    (
      "https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com:443",
      "https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com",
      "vpce-1.kinesis.eu-west-1.vpce.amazonaws.com", false
    ),
    ("http://localhost:4566", "http://localhost:4566", "localhost:4566", true),
    ("http://127.0.0.1:80", "http://127.0.0.1", "127.0.0.1", true),
    ("http://[::1]:4566", "http://[::1]:4566", "[::1]:4566", true),
  ])
  func `an address of one's own is understood`(
    _ text: String,
    _ description: String,
    _ host: String,
    _ isLoopback: Bool
  ) throws {
    let endpoint = try Endpoint(parsing: text, from: "a test")
    #expect(endpoint.description == description)
    #expect(endpoint.host == host)
    #expect(endpoint.isLoopback == isLoopback)
  }

  @Test(arguments: [
    (
      "http://kinesis.internal:4566",
      "endpoint \"http://kinesis.internal:4566\" of a test is not https, and kinesis.internal is "
        + "not this machine"
    ),
    (
      "http://127.0.0.1.evil.example",
      "endpoint \"http://127.0.0.1.evil.example\" of a test is not https, and 127.0.0.1.evil.example "
        + "is not this machine"
    ),
    (
      "http://localhost:1@evil.example",
      "endpoint at evil.example of a test has a user name, and perhaps a password"
    ),
    (
      "kinesis.internal",
      "endpoint \"kinesis.internal\" of a test is not of the form https://HOST[:PORT]"
    ),
    (
      "https://kinesis.internal/path",
      "endpoint \"https://kinesis.internal/path\" of a test is not of the form https://HOST[:PORT]"
    ),
  ])
  func `other addresses are refused`(_ text: String, _ message: String) {
    let error = #expect(throws: ConnectorError.self) {
      try Endpoint(parsing: text, from: "a test")
    }
    #expect(error?.message == message)
  }

  @Test func `a region has an endpoint of its own`() {
    #expect(
      Endpoint(service: "kinesis", region: "eu-west-1").description
        == "https://kinesis.eu-west-1.amazonaws.com"
    )
    #expect(
      Endpoint(service: "kinesis", region: "cn-north-1").host
        == "kinesis.cn-north-1.amazonaws.com.cn"
    )
  }
}
