import AWSClient
import Connect
import Dataflow
import Testing

/// Requests of the AWS signing test suite and the signatures that AWS publishes for them.
@Suite struct SignerTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var method: String
    var path: String
    var query: [ServiceRequest.Parameter]
    var headers: [HTTPRequest.Header]
    var body: String
    var signature: String

    init(
      _ name: String,
      _ method: String,
      _ path: String,
      query: [ServiceRequest.Parameter] = [],
      headers: [HTTPRequest.Header] = [],
      body: String = "",
      signature: String
    ) {
      self.name = name
      self.method = method
      self.path = path
      self.query = query
      self.headers = headers
      self.body = body
      self.signature = signature
    }

    var testDescription: String { name }
  }

  private static let credentials = Credentials(
    accessKeyID: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    source: "the test suite"
  )
  /// 2015-08-30T12:36:00Z.
  private static let time = EventTime(microseconds: 1_440_938_160_000_000)

  private static func signature(
    _ vector: Vector,
    of service: String = "service",
    token: String? = nil
  ) -> Signer.Signature {
    var credentials = credentials
    credentials.sessionToken = token
    return Array(vector.body.utf8).withUnsafeBytes { body in
      Signer(service: service, region: "us-east-1").sign(
        method: vector.method,
        path: vector.path,
        query: vector.query,
        headers: [("Host", "example.amazonaws.com")] + vector.headers,
        body: body,
        with: credentials,
        at: time
      )
    }
  }

  @Test(arguments: [
    Vector(
      "get-vanilla",
      "GET",
      "/",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    ),
    Vector(
      "get-vanilla-query-order-key-case",
      "GET",
      "/",
      query: [("Param2", "value2"), ("Param1", "value1")],
      signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    ),
    Vector(
      "get-vanilla-query-order-encoded",
      "GET",
      "/",
      query: [("Param-3", "Value3"), ("Param", "Value2"), ("ሴ", "Value1")],
      signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"
    ),
    Vector(
      "get-vanilla-utf8-query",
      "GET",
      "/",
      query: [("ሴ", "bar")],
      signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"
    ),
    Vector(
      "get-vanilla-empty-query-key",
      "GET",
      "/",
      query: [("Param1", "value1")],
      signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"
    ),
    Vector(
      "get-header-key-duplicate",
      "GET",
      "/",
      headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
      signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"
    ),
    Vector(
      "get-header-value-multiline",
      "GET",
      "/",
      headers: [("My-Header1", "value1\n  value2\n     value3")],
      signature: "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"
    ),
    Vector(
      "get-header-value-order",
      "GET",
      "/",
      headers: [
        ("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3"),
        ("My-Header1", "value2"),
      ],
      signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"
    ),
    Vector(
      "get-header-value-trim",
      "GET",
      "/",
      headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
      signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
    ),
    Vector(
      "get-unreserved",
      "GET",
      "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
    ),
    Vector(
      "get-utf8",
      "GET",
      "/ሴ",
      signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
    ),
    Vector(
      "get-space-normalized",
      "GET",
      "/example space/",
      signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"
    ),
    Vector(
      "get-relative-normalized",
      "GET",
      "/example/..",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    ),
    Vector(
      "get-relative-relative-normalized",
      "GET",
      "/example1/example2/../..",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    ),
    Vector(
      "get-slash-normalized",
      "GET",
      "//",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    ),
    Vector(
      "get-slash-dot-slash-normalized",
      "GET",
      "/./",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    ),
    Vector(
      "get-slash-pointless-dot-normalized",
      "GET",
      "/./example",
      signature: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"
    ),
    Vector(
      "get-slashes-normalized",
      "GET",
      "//example//",
      signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"
    ),
    Vector(
      "post-vanilla",
      "POST",
      "/",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
    ),
    Vector(
      "post-vanilla-query",
      "POST",
      "/",
      query: [("Param1", "value1")],
      signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"
    ),
    Vector(
      "post-header-key-sort",
      "POST",
      "/",
      headers: [("My-Header1", "value1")],
      signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"
    ),
    Vector(
      "post-header-value-case",
      "POST",
      "/",
      headers: [("My-Header1", "VALUE1")],
      signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"
    ),
    Vector(
      "post-x-www-form-urlencoded",
      "POST",
      "/",
      headers: [
        ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "13"),
        (
          "x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
        ),
      ],
      body: "Param1=value1",
      signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"
    ),
    Vector(
      "post-x-www-form-urlencoded-parameters",
      "POST",
      "/",
      headers: [
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("Content-Length", "13"),
        (
          "x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
        ),
      ],
      body: "Param1=value1",
      signature: "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"
    ),
  ])
  func `a request has the signature that AWS publishes for it`(_ vector: Vector) {
    #expect(Self.signature(vector).hexadecimal == vector.signature)
  }

  @Test func `the token of temporary credentials is signed`() throws {
    let vector = Vector("post-sts-header-before", "POST", "/", signature: "")
    let signature = Self.signature(
      vector,
      token:
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
    )
    #expect(
      signature.hexadecimal == "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
    )
    let authorization = try #require(signature.headers.first { $0.name == "Authorization" }?.value)
    #expect(
      authorization.hasPrefix(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
          + "SignedHeaders=host;x-amz-date;x-amz-security-token, Signature="
      )
    )
  }

  @Test func `a key of another day or secret is not used again`() {
    let signer = Signer(service: "service", region: "us-east-1")
    func signature(_ secret: String, daysLater: Int64) -> String {
      var credentials = Self.credentials
      credentials.secretAccessKey = secret
      return signer.sign(
        method: "GET",
        path: "/",
        headers: [("Host", "example.amazonaws.com")],
        body: UnsafeRawBufferPointer(start: nil, count: 0),
        with: credentials,
        at: Self.time + .hours(24 * daysLater)
      ).hexadecimal
    }
    let first = signature("a", daysLater: 0)
    #expect(signature("b", daysLater: 0) != first)
    #expect(signature("a", daysLater: 1) != first)
    #expect(signature("a", daysLater: 0) == first)
  }
}
