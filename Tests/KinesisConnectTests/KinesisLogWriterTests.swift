import AWSClient
import Connect
import Dataflow
import KinesisConnect
import TestSupport
import Testing

@Suite struct KinesisLogWriterTests {
  private static let users = 40
  private static let count = 900

  /// `count` messages of random users, numbered in order.
  private static func messages(seed: UInt64) -> [(key: String, text: String)] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { number in
      // Some users are much busier than others.
      let user = Int.random(in: 0..<users, using: &random) / Int.random(in: 1...4, using: &random)
      return ("user\(user)", "\(number)")
    }
  }

  private static func writer(
    _ kinesis: FakeKinesis,
    properties: [(String, String)] = [],
    makesMissing: Bool = false,
    disorderLimit: [StreamKind: Int] = [:]
  ) throws(ConnectorError) -> KinesisLogWriter {
    let settings = try KinesisSettings(
      region: FakeKinesis.region,
      prefix: "shop",
      endpoint: kinesis.address,
      properties: properties.map { ConnectorProperty(name: $0.0, value: $0.1, place: "a test") }
    )
    return try KinesisLogWriter(
      settings,
      makesMissing: makesMissing,
      disorderLimit: disorderLimit,
      client: KinesisClient(settings, environment: kinesis.environment)
    )
  }

  /// Writes the messages in pieces, to the end.
  private static func write(
    _ messages: [(key: String, text: String)],
    to writer: KinesisLogWriter
  )
    throws
  {
    for start in stride(from: 0, to: messages.count, by: 100) {
      try KeyedMessages(Array(messages[start..<min(start + 100, messages.count)]))
        .append(to: writer, .clicks)
    }
    try writer.finish()
  }

  /// By user: the numbers of the stored messages in the order of storing.
  ///
  /// A message that was sent again after a lost answer counts where it was first stored.
  private static func storedOrder(_ kinesis: FakeKinesis) -> [String: [Int]] {
    var seen: Set<String> = []
    var order: [String: [Int]] = [:]
    let stored = kinesis.records(of: "shop-clicks").joined()
      .sorted { $0.sequenceNumber < $1.sequenceNumber }
    for record in stored where seen.insert(record.text).inserted {
      order[record.partitionKey, default: []].append(Int(record.text) ?? -1)
    }
    return order
  }

  private static func expectedOrder(_ messages: [(key: String, text: String)]) -> [String: [Int]] {
    var order: [String: [Int]] = [:]
    for (key, text) in messages { order[key, default: []].append(Int(text) ?? -1) }
    return order
  }

  @Test(arguments: [1, 7, 50])
  func `a shard in trouble, or a busy user, lets others get ahead by the limit at most`(
    limit: Int
  ) throws {
    let kinesis = try FakeKinesis(["shop-clicks": 4, "shop-checkouts": 1])
    defer { kinesis.stop() }
    kinesis.onCall { call in
      guard call.action == "PutRecords" else { return nil }
      return switch call.number % 5 {
      case 1: .throttle
      case 2: .slow(.milliseconds(3))
      case 3: .failRecords({ $0 % 2 == 0 }, code: "InternalFailure")
      default: nil
      }
    }
    var messages = Self.messages(seed: 5)
    for index in stride(from: 0, to: 300, by: 3) { messages[index].key = "busy" }
    let writer = try Self.writer(kinesis, disorderLimit: [.clicks: limit])
    try Self.write(messages, to: writer)
    let stored = kinesis.records(of: "shop-clicks").joined()
      .sorted { $0.sequenceNumber < $1.sequenceNumber }.compactMap { Int($0.text) }
    #expect(stored.count == Self.count)
    var waiting = Set(0..<Self.count)
    var first = 0
    for number in stored {
      #expect(number < first + limit, "\(number) was stored before \(first)")
      waiting.remove(number)
      while first < Self.count, !waiting.contains(first) { first += 1 }
    }
  }

  enum Trouble: String, CaseIterable {
    case none, partial, throttling, internalFailures, resetsBefore, resetsAfter, cutAnswers,
      everything

    /// What goes wrong with a call, by its number.
    func fault(_ number: Int) -> FakeKinesis.Fault? {
      guard number % 3 == 1 else { return nil }
      switch self {
      case .none: return nil
      case .partial:
        return .failRecords(
          { ($0 * 7 + number) % 5 < 2 },
          code: number % 4 == 1
            ? "ProvisionedThroughputExceededException" : "InternalFailure"
        )
      case .throttling: return .throttle
      case .internalFailures: return .internalFailure
      case .resetsBefore: return .resetBefore
      case .resetsAfter: return .resetAfter
      case .cutAnswers: return .cutAnswer
      case .everything:
        let troubles: [Trouble] = [
          .partial, .throttling, .internalFailures, .resetsBefore, .resetsAfter, .cutAnswers,
        ]
        return troubles[number / 3 % troubles.count].fault(number)
      }
    }
  }

  @Test(arguments: Trouble.allCases)
  func `every message is stored, each user's in order, whatever goes wrong`(
    _ trouble: Trouble
  )
    throws
  {
    let kinesis = try FakeKinesis(["shop-clicks": 3, "shop-checkouts": 1])
    defer { kinesis.stop() }
    kinesis.onCall { $0.action == "PutRecords" ? trouble.fault($0.number) : nil }
    let messages = Self.messages(seed: 11)
    let writer = try Self.writer(kinesis)
    try Self.write(messages, to: writer)
    #expect(writer.deliveredCount == Self.count)
    #expect(Self.storedOrder(kinesis) == Self.expectedOrder(messages))
    let stored = kinesis.records(of: "shop-clicks").joined().count
    let mayRepeat = [.resetsAfter, .cutAnswers, .everything].contains(trouble)
    #expect(mayRepeat ? stored > Self.count : stored == Self.count)
  }

  @Test func `a clock that is wrong, and one that turns wrong, do not matter`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 2, "shop-checkouts": 2])
    defer { kinesis.stop() }
    kinesis.setClock(ahead: .hours(-3))
    kinesis.onCall { call in
      guard call.action == "PutRecords", call.number == 2 else { return nil }
      return .afterwards { $0.skew = .hours(5) }
    }
    let messages = Self.messages(seed: 12)
    try Self.write(messages, to: Self.writer(kinesis))
    #expect(Self.storedOrder(kinesis) == Self.expectedOrder(messages))
  }

  @Test func `an answer that does not come in time is asked for again`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1, "shop-checkouts": 1])
    defer { kinesis.stop() }
    kinesis.onCall {
      $0.action == "PutRecords" && $0.number == 1 ? .slow(.milliseconds(2500)) : nil
    }
    let messages = Self.messages(seed: 13)
    try Self.write(messages, to: Self.writer(kinesis, properties: [("request.timeout", "1s")]))
    #expect(Self.storedOrder(kinesis) == Self.expectedOrder(messages))
  }

  @Test func `missing streams are an error, or made in on-demand mode`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1])
    defer { kinesis.stop() }
    let error = #expect(throws: ConnectorError.self) { try Self.writer(kinesis) }
    #expect(
      error?.description
        == "could not call kinesis:PutRecords on stream \"shop-checkouts\" at \(kinesis.address): there "
        + "is no such stream in region eu-west-1; see prefix and region, or make missing streams by "
        + "--create-streams"
    )
    let writer = try Self.writer(kinesis, makesMissing: true)
    #expect(writer.layout == "1 and 4 shards")
    #expect(kinesis.withState { $0.streams["shop-checkouts"]?.isOnDemand } == true)
    try KeyedMessages([("k", "1")]).append(to: writer, .checkouts)
    try writer.finish()
    #expect(kinesis.records(of: "shop-checkouts").joined().map(\.text) == ["1"])
  }

  @Test func `a refusal ends the writing with the number of the undelivered`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1, "shop-checkouts": 1])
    defer { kinesis.stop() }
    let writer = try Self.writer(kinesis)
    let first = Array(Self.messages(seed: 14).prefix(1))
    try Self.write(first, to: writer)
    kinesis.onCall {
      guard $0.action == "PutRecords" else { return nil }
      return .refuse(status: 400, code: "AccessDeniedException", message: "not authorized")
    }
    let error = #expect(throws: ConnectorError.self) {
      try Self.write((1...9).map { ("user\($0)", "\($0)") }, to: writer)
    }
    #expect(error?.kind == .permanent)
    #expect(
      error?.description
        == "could not deliver 9 of 10 messages to \(kinesis.uri("shop")): could not call "
        + "kinesis:PutRecords on stream \"shop-clicks\" at \(kinesis.address): "
        + "AccessDeniedException: not authorized (HTTP status 400); give the credentials' user or "
        + "role the right kinesis:PutRecords on stream \"shop-clicks\""
    )
  }

  @Test func `what is not stored within the delivery timeout is undelivered`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1, "shop-checkouts": 1])
    defer { kinesis.stop() }
    kinesis.onCall {
      $0.action == "PutRecords" ? .failRecords({ $0 == 0 }, code: "InternalFailure") : nil
    }
    let writer = try Self.writer(kinesis, properties: [("delivery.timeout", "300ms")])
    let error = #expect(throws: ConnectorError.self) {
      try Self.write([("a", "1"), ("b", "2"), ("c", "3")], to: writer)
    }
    #expect(error?.kind == .transient)
    #expect(
      error?.message.hasPrefix("could not deliver 1 of 3 messages to \(kinesis.uri("shop")): ")
        == true
    )
    #expect(error?.message.contains("InternalFailure: the record was not stored") == true)
  }

  @Test func `messages that no record can hold are refused`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1, "shop-checkouts": 1])
    defer { kinesis.stop() }
    let writer = try Self.writer(kinesis)
    let large = String(repeating: "x", count: 1 << 20)
    let error = #expect(throws: ConnectorError.self) {
      try KeyedMessages([("k", large)]).append(to: writer, .clicks)
    }
    #expect(
      error?.message == "could not send a message of 1048576 bytes to \(kinesis.uri("shop")): a "
        + "record of Kinesis has at most 1048576 with its key"
    )
    let keyless = #expect(throws: ConnectorError.self) {
      try KeyedMessages([("", "x")]).append(to: writer, .clicks)
    }
    #expect(keyless?.message.contains("a key of 0 bytes") == true)
  }

  @Test func `more than may wait at once is handed over while it is sent`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1, "shop-checkouts": 1])
    defer { kinesis.stop() }
    let writer = try Self.writer(kinesis)
    let text = String(repeating: "x", count: 1_000_000)
    try KeyedMessages((0..<36).map { ("user\($0)", text) }).append(to: writer, .clicks)
    try writer.finish()
    #expect(writer.deliveredCount == 36)
  }

  @Test(arguments: [
    ("profil", "x", "a test: there is no Kinesis property profil"),
    (
      "request.timeout", "fast",
      "could not read a test: expected a duration such as 30s, found \"fast\""
    ),
  ])
  func `other properties are refused`(_ name: String, _ value: String, _ message: String) throws {
    let error = #expect(throws: ConnectorError.self) {
      try KinesisSettings(
        region: "eu-west-1",
        prefix: "shop",
        endpoint: nil,
        properties: [ConnectorProperty(name: name, value: value, place: "a test")]
      )
    }
    #expect(error?.kind == .usage)
    #expect(error?.message == message)
  }
}
