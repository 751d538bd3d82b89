import AWSClient
import Connect
import Dataflow
import Synchronization
import TestSupport
import Testing

@Suite struct ServiceClientTests {
  /// 2015-08-30T12:36:00Z.
  private static let time = EventTime(microseconds: 1_440_938_160_000_000)
  private static let request = ServiceRequest.json(
    "PutRecords",
    on: "stream \"shop-clicks\"",
    target: "Kinesis_20131202",
    body: Array("{}".utf8)
  )

  /// A client, and what it waited between tries.
  private struct Trial {
    let transport: ScriptedTransport
    let client: ServiceClient
    let waits = Waits()

    final class Waits: Sendable {
      let durations = Mutex<[Duration]>([])
    }

    init(_ steps: [ScriptedTransport.Step], places: [any CredentialsProvider]? = nil) {
      transport = ScriptedTransport(steps)
      client = Self.client(by: transport, places: places)
    }

    static func client(
      by transport: some HTTPTransport,
      places: [any CredentialsProvider]? = nil
    ) -> ServiceClient {
      ServiceClient(
        service: "kinesis",
        region: "eu-west-1",
        endpoint: Endpoint(service: "kinesis", region: "eu-west-1"),
        credentials: CredentialsCache(
          places ?? [
            StaticCredentials(
              Credentials(accessKeyID: "AKID", secretAccessKey: "s3cret", source: "a test")
            )
          ]
        ),
        transport: transport,
        now: { ServiceClientTests.time }
      )
    }

    func call(attempts: Int = 4) throws(ServiceError) -> HTTPResponse {
      let waits = waits
      return try client.call(
        ServiceClientTests.request,
        retrying: RetryPolicy(attempts: attempts) { duration in
          waits.durations.withLock { $0.append(duration) }
          return true
        }
      )
    }
  }

  @Test func `what may pass is tried again, with delays below a bound that doubles`() throws {
    let trial = Trial([
      .answer(500, #"{"__type":"InternalFailure"}"#),
      .answer(400, #"{"__type":"com.amazon#ProvisionedThroughputExceededException"}"#),
      .failure(.broken), .answer(200, "done"),
    ])
    #expect(try trial.call().body.text == "done")
    #expect(trial.client.counts == CallCounts(sent: 4, throttled: 1, retried: 3))
    let waits = trial.waits.durations.withLock { $0 }
    #expect(waits.count == 3)
    for (wait, bound) in zip(waits, [100, 200, 400]) {
      #expect(Duration.zero <= wait && wait <= .milliseconds(bound))
    }
  }

  @Test func `the last error is thrown when no try is left, naming action and resource`() {
    let trial = Trial([.answer(503, "")])
    let error = #expect(throws: ServiceError.self) { try trial.call(attempts: 3) }
    #expect(trial.transport.requests.count == 3)
    #expect(error?.connectorError.kind == .transient)
    #expect(
      error?.connectorError.message
        == "could not call kinesis:PutRecords on stream \"shop-clicks\" at "
        + "https://kinesis.eu-west-1.amazonaws.com: it answered with HTTP status 503"
    )
  }

  @Test func `a refusal is not tried again`() {
    let trial = Trial([
      .answer(400, #"{"__type":"AccessDeniedException","Message":"User: u is not\n authorized"}"#)
    ])
    let error = #expect(throws: ServiceError.self) { try trial.call() }
    #expect(trial.transport.requests.count == 1)
    #expect(error?.connectorError.kind == .permanent)
    #expect(
      error?.connectorError.description
        == "could not call kinesis:PutRecords on stream \"shop-clicks\" at "
        + "https://kinesis.eu-west-1.amazonaws.com: AccessDeniedException: User: u is not "
        + "authorized (HTTP status 400); give the credentials' user or role the right "
        + "kinesis:PutRecords on stream \"shop-clicks\""
    )
  }

  @Test func `errors of XML services are understood`() {
    let trial = Trial([
      .answer(
        403,
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>a &lt; b</Message></Error>"
          + "</ErrorResponse>"
      )
    ])
    let error = #expect(throws: ServiceError.self) { try trial.call() }
    #expect(error?.code == "SignatureDoesNotMatch")
    #expect(error?.message == "a < b")
  }

  @Test func `a clock that differs is set by the server's, once`() throws {
    let skewed = ScriptedTransport.Step.answer(
      400,
      headers: ["date": "Sun, 30 Aug 2015 13:06:00 GMT"],
      #"{"__type":"InvalidSignatureException","message":"Signature expired: 20150830T123600Z ..."}"#
    )
    let trial = Trial([skewed, .answer(200, "")])
    _ = try trial.call()
    _ = try trial.call()
    #expect(
      trial.transport.requests.map { $0.header("x-amz-date") }
        == ["20150830T123600Z", "20150830T130600Z", "20150830T130600Z"]
    )
    #expect(trial.waits.durations.withLock { $0.isEmpty })

    let stubborn = Trial([skewed])
    #expect(throws: ServiceError.self) { try stubborn.call() }
    #expect(stubborn.transport.requests.count == 2)
  }

  /// Two calls are under way with the wrong time; the second is answered once the first one's
  /// correction stands.
  @Test func `a correction by another call counts`() throws {
    final class Overtaking: HTTPTransport {
      let inner = Mutex<(@Sendable () -> Void)?>(nil)
      let scripted: ScriptedTransport
      init(_ scripted: ScriptedTransport) { self.scripted = scripted }
      func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
        let other = inner.withLock { inner in
          defer { inner = nil }
          return inner
        }
        other?()
        return try scripted.send(request)
      }
    }
    let skewed = ScriptedTransport.Step.answer(
      400,
      headers: ["date": "Sun, 30 Aug 2015 13:06:00 GMT"],
      #"{"__type":"InvalidSignatureException","message":"Signature expired: ..."}"#
    )
    let transport = Overtaking(
      ScriptedTransport([skewed, .answer(200, "other"), skewed, .answer(200, "this")])
    )
    let client = Trial.client(by: transport)
    transport.inner.withLock { $0 = { _ = try? client.call(Self.request) } }
    #expect(try client.call(Self.request).body.text == "this")
    #expect(
      transport.scripted.requests.map { $0.header("x-amz-date") } == [
        "20150830T123600Z", "20150830T130600Z", "20150830T123600Z", "20150830T130600Z",
      ]
    )
  }

  @Test func `a signature that is wrong at the right time is no clock's fault`() {
    let trial = Trial([
      .answer(
        400,
        headers: ["date": "Sun, 30 Aug 2015 12:36:20 GMT"],
        #"{"__type":"InvalidSignatureException","message":"Signature expired: ..."}"#
      )
    ])
    #expect(throws: ServiceError.self) { try trial.call() }
    #expect(trial.transport.requests.count == 1)
  }

  @Test func `credentials that expired are fetched anew, once`() throws {
    struct Renewing: CredentialsProvider {
      let count = Count()
      final class Count: Sendable { let value = Mutex(0) }
      func credentials() -> Credentials? {
        let number = count.value.withLock { value in
          value += 1
          return value
        }
        return Credentials(accessKeyID: "AKID\(number)", secretAccessKey: "s", source: "a test")
      }
    }
    let expired = ScriptedTransport.Step.answer(400, #"{"__type":"ExpiredTokenException"}"#)
    let trial = Trial([expired, .answer(200, "")], places: [Renewing()])
    _ = try trial.call()
    let authorizations = trial.transport.requests.compactMap { $0.header("Authorization") }
    #expect(authorizations.map { $0.contains("Credential=AKID1/") } == [true, false])
    #expect(authorizations.map { $0.contains("Credential=AKID2/") } == [false, true])

    let lost = Trial([expired], places: [Renewing()])
    #expect(throws: ServiceError.self) { try lost.call() }
    #expect(lost.transport.requests.count == 2)
  }

  @Test func `without credentials nothing is sent, and the error says what was to be done`() {
    let trial = Trial([.answer(200, "")], places: [])
    let error = #expect(throws: ServiceError.self) { try trial.call() }
    #expect(trial.transport.requests.isEmpty)
    #expect(
      error?.connectorError.description
        == "could not call kinesis:PutRecords on stream \"shop-clicks\" at "
        + "https://kinesis.eu-west-1.amazonaws.com: found no AWS credentials in the environment or "
        + "the shared files, and none offered to this container or instance; set AWS_ACCESS_KEY_ID "
        + "and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    )
  }

  @Test func `no secret is in any description`() {
    let credentials = Credentials(
      accessKeyID: "AKID",
      secretAccessKey: "s3cret",
      sessionToken: "t0ken",
      source: "a test"
    )
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] {
      #expect(!text.contains("s3cret") && !text.contains("t0ken"))
    }
  }
}
