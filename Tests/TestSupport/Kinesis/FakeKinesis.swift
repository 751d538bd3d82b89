import AWSClient
import Connect
package import Dataflow
import Events
import Foundation
import KinesisConnect
import Synchronization

/// Kinesis on 127.0.0.1, as far as the job uses it: real HTTP, signatures checked, faults on demand.
///
///     let kinesis = try FakeKinesis(["shop-clicks": 4, "shop-checkouts": 2])
///     defer { kinesis.stop() }
///     kinesis.onCall { $0.action == "PutRecords" && $0.number == 2 ? .throttle : nil }
///     // ... --to kinesis://eu-west-1/shop?endpoint=\(kinesis.address), with kinesis.environment
///     kinesis.records(of: "shop-clicks")
///
/// It takes only calls signed with its key for its region, within 5 minutes of its clock.
package final class FakeKinesis: Sendable {
  package static let region = "eu-west-1"
  package static let accessKeyID = "AKIDFAKE"
  package static let secretAccessKey = "secret-of-the-fake"
  private static let greatestSkew: Int64 = 5 * 60 * 1_000_000

  package let address: String
  private let server: HTTPServer
  private let core: Core

  /// What the server's threads share.
  final class Core: Sendable {
    let state: Mutex<State>
    let signer = Signer(service: "kinesis", region: FakeKinesis.region)

    init(_ streams: [String: Int]) {
      state = Mutex(State(streams: streams.mapValues { FakeStream(shardCount: $0) }))
    }
  }

  package struct State: Sendable {
    package var streams: [String: FakeStream]
    /// Of the last record; numbers rise over all streams.
    package var sequenceNumber = 0
    /// Its clock, ahead of the machine's.
    package var skew = EventSpan(microseconds: 0)
    /// Calls so far, by action.
    package var callCounts: [String: Int] = [:]
    package var hook: @Sendable (Call) -> Fault? = { _ in nil }
    /// Numbers for whatever extensions need to name, such as iterators.
    package var nextToken = 0
    /// Iterators that were handed out, by token.
    package var iterators: [String: Iterator] = [:]
    /// Most records of a GetRecords.
    package var pageLimit = 10_000
    /// Every so many GetRecords give nothing, whatever there is; 0: none.
    package var emptyPages = 0
    /// Iterators are not made for sequence numbers that retention has removed.
    package var refusesTrimmed = false
    /// The end of a shard names its children; other services than Amazon's leave them to ListShards.
    package var namesChildren = true
  }

  /// Where an iterator stands.
  package struct Iterator: Sendable {
    package var stream: String
    package var shard: String
    /// The place of the next record in the shard.
    package var index: Int
    package var isExpired = false
  }

  /// A call that came in, before it has any effect.
  package struct Call: Sendable {
    package var action: String
    /// 1 for the first of its action.
    package var number: Int
    package var body: [UInt8]
  }

  /// What goes wrong with a call.
  package enum Fault: Sendable {
    /// Refused with ProvisionedThroughputExceededException.
    case throttle
    /// Refused with an error of the service.
    case refuse(status: Int, code: String, message: String)
    /// The call is not carried out, and the connection is reset.
    case resetBefore
    /// The call is carried out, and the connection reset instead of its answer.
    case resetAfter
    /// The call is carried out, and half of its answer comes.
    case cutAnswer
    /// The call is carried out, and something else comes for its answer.
    case changeAnswer(@Sendable ([UInt8]) -> [UInt8])
    /// The answer comes so much later.
    case slow(Duration)
    /// Of PutRecords: the records at these places are not stored.
    case failRecords(@Sendable (Int) -> Bool, code: String)
    /// The call is carried out; then this is.
    case afterwards(@Sendable (inout State) -> Void)

    package static var internalFailure: Fault {
      .refuse(status: 500, code: "InternalFailure", message: "the service has trouble")
    }
  }

  /// - Parameter streams: names and shard counts.
  /// - Throws: when there is no port.
  package init(_ streams: [String: Int] = [:]) throws {
    let core = Core(streams)
    self.core = core
    server = try HTTPServer { core.answer($0) }
    address = server.address
  }

  package func stop() { server.stop() }

  /// The credentials that it knows, for a process or a client; nothing of this machine is looked at.
  package var environment: [String: String] {
    [
      "AWS_ACCESS_KEY_ID": Self.accessKeyID, "AWS_SECRET_ACCESS_KEY": Self.secretAccessKey,
      "AWS_EC2_METADATA_DISABLED": "true",
    ]
  }

  /// The URI of the streams of a prefix.
  package func uri(_ prefix: String) -> String {
    "kinesis://\(Self.region)/\(prefix)?endpoint=\(address)"
  }

  /// Asks before every call what shall go wrong with it; called by many threads, not at once.
  package func onCall(_ hook: @escaping @Sendable (Call) -> Fault?) {
    core.state.withLock { $0.hook = hook }
  }

  /// Looks at or changes everything, between calls.
  package func withState<Result: Sendable>(
    _ body: (inout State) throws -> Result
  ) rethrows -> Result {
    try core.state.withLock { try body(&$0) }
  }

  /// Sets its clock so far ahead of the machine's.
  package func setClock(ahead skew: EventSpan) { core.state.withLock { $0.skew = skew } }

  /// The records of a stream, by shard, in the shards' order.
  package func records(of stream: String) -> [[FakeRecord]] {
    core.state.withLock { $0.streams[stream]?.shards.map(\.records) ?? [] }
  }

  package func callCount(of action: String) -> Int {
    core.state.withLock { $0.callCounts[action] ?? 0 }
  }
}

extension FakeKinesis {
  /// An error that an action answers with.
  package struct Refusal: Error {
    package var status: Int
    package var code: String
    package var message: String

    package init(_ code: String, _ message: String, status: Int = 400) {
      self.status = status
      self.code = code
      self.message = message
    }

    static let throttling = Refusal(
      "ProvisionedThroughputExceededException",
      "Rate exceeded for the shard"
    )
  }
}

extension FakeKinesis.Core {
  func answer(_ request: HTTPServer.Request) -> HTTPServer.Answer {
    let action = request.headers["x-amz-target"]?.split(separator: ".").last.map(String.init) ?? ""
    let (now, fault) = state.withLock { state in
      let number = (state.callCounts[action] ?? 0) + 1
      state.callCounts[action] = number
      let call = FakeKinesis.Call(action: action, number: number, body: request.body)
      return (.wallClock + state.skew, state.hook(call))
    }
    do {
      try requireSignature(request, at: now)
      switch fault {
      case .throttle: throw FakeKinesis.Refusal.throttling
      case .refuse(let status, let code, let message):
        throw FakeKinesis.Refusal(code, message, status: status)
      case .resetBefore: return .reset
      default: break
      }
      let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any] ?? [:]
      let answer = try state.withLock { state in
        let answer = try state.perform(action, body, at: now, fault)
        if case .afterwards(let change) = fault { change(&state) }
        return answer
      }
      switch fault {
      case .resetAfter: return .reset
      case .cutAnswer: return .cut(body: answer)
      case .changeAnswer(let change):
        return .response(200, headers: headers(at: now), body: change(answer))
      case .slow(let duration): Thread.sleep(forTimeInterval: duration / .seconds(1))
      default: break
      }
      return .response(200, headers: headers(at: now), body: answer)
    } catch let refusal as FakeKinesis.Refusal {
      let body = ["__type": refusal.code, "message": refusal.message]
      let bytes = (try? JSONSerialization.data(withJSONObject: body)) ?? Data()
      return .response(refusal.status, headers: headers(at: now), body: Array(bytes))
    } catch {
      return .response(400, headers: headers(at: now), body: Array("\(error)".utf8))
    }
  }

  private func headers(at time: EventTime) -> [(name: String, value: String)] {
    var seconds = time_t(time.microseconds / 1_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
    let date = String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return [("Date", date), ("Content-Type", "application/x-amz-json-1.1")]
  }

  /// Signs the request's parts again, as it says it did, and compares.
  private func requireSignature(
    _ request: HTTPServer.Request,
    at now: EventTime
  ) throws(FakeKinesis.Refusal) {
    guard let authorization = request.headers["authorization"],
      let date = request.headers["x-amz-date"], let signed = Self.time(date)
    else {
      throw FakeKinesis.Refusal(
        "MissingAuthenticationTokenException",
        "Missing Authentication Token"
      )
    }
    guard authorization.contains("Credential=\(FakeKinesis.accessKeyID)/") else {
      throw FakeKinesis.Refusal(
        "UnrecognizedClientException",
        "The security token included in the request is invalid."
      )
    }
    guard abs(signed.microseconds - now.microseconds) <= FakeKinesis.greatestSkew else {
      let isOld = signed < now
      throw FakeKinesis.Refusal(
        "InvalidSignatureException",
        "Signature \(isOld ? "expired" : "not yet current"): \(date) is now "
          + "\(isOld ? "earlier" : "later") than \(SigningTime(now))"
      )
    }
    let names =
      authorization.firstRange(of: "SignedHeaders=")
      .map { authorization[$0.upperBound...].prefix { $0 != "," }.split(separator: ";") } ?? []
    let headers = names.map { ($0.description, request.headers[$0.description] ?? "") }
      .filter { $0.0 != "x-amz-date" }
    let expected = request.body.withUnsafeBytes { body in
      signer.sign(
        method: request.method,
        path: request.target,
        headers: headers,
        body: body,
        with: Credentials(
          accessKeyID: FakeKinesis.accessKeyID,
          secretAccessKey: FakeKinesis.secretAccessKey,
          source: "the fake"
        ),
        at: signed
      )
    }
    guard authorization.hasSuffix("Signature=\(expected.hexadecimal)") else {
      throw FakeKinesis.Refusal(
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided."
      )
    }
  }

  /// Of `20150830T123600Z`.
  private static func time(_ text: String) -> EventTime? {
    guard text.utf8.count == 16 else { return nil }
    var iso8601 = ""
    for (place, character) in text.enumerated() {
      if place == 4 || place == 6 { iso8601.append("-") }
      if place == 11 || place == 13 { iso8601.append(":") }
      iso8601.append(character)
    }
    return ScannableBytes(iso8601.utf8).withUnsafeBytes { text in
      var reader = TimeReader()
      return reader.time(text)
    }
  }
}
