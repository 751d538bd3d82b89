import Connect
import Dataflow
import KinesisConnect
import Logging
import TestSupport
import Testing

/// A fake service with the two streams of a shop.
final class KinesisShop {
  /// CI machines may be several times slower.
  static let patience = Duration.seconds(60)

  let kinesis: FakeKinesis

  init(clicks: Int = 1, checkouts: Int = 1) throws {
    kinesis = try FakeKinesis(["shop-clicks": clicks, "shop-checkouts": checkouts])
  }

  deinit { kinesis.stop() }

  func log(
    slices: Int,
    onGap gapPolicy: GapPolicy = .fail,
    properties: [String: String] = [:],
    client: KinesisClient? = nil
  ) throws -> KinesisLog {
    var settings = try settings(["slices": "\(slices)"].merging(properties) { $1 })
    settings.reading.pacing = ShardPacing(least: .milliseconds(10), atEnd: .milliseconds(10))
    return try KinesisLog(
      settings,
      client: client ?? KinesisClient(settings, environment: kinesis.environment),
      gapPolicy: gapPolicy,
      patience: .seconds(3),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
  }

  func client() throws -> KinesisClient {
    KinesisClient(try settings([:]), environment: kinesis.environment)
  }

  private func settings(_ properties: [String: String]) throws -> KinesisSettings {
    try KinesisSettings(
      region: FakeKinesis.region,
      prefix: "shop",
      endpoint: kinesis.address,
      properties: properties.map { ConnectorProperty(name: $0, value: $1, place: "kinesis.\($0)") }
    )
  }

  /// Appends a record; its text is what readers are to find.
  func put(_ text: String, key: String, to stream: String = "shop-clicks") throws {
    try put(Array(text.utf8), key: key, to: stream)
  }

  func put(_ data: [UInt8], key: String, to stream: String = "shop-clicks") throws {
    try kinesis.withState { state in
      _ = try state.store(data, partitionKey: key, in: stream, at: .wallClock)
    }
  }
}

/// What a reader has returned so far, copied.
struct Read {
  var texts: [String] = []
  var keys: [String] = []
  var offsets: [Int64] = []
  var places: [String] = []
  var gaps: [LogGap] = []
  var isCaughtUp = false

  mutating func take(_ run: MessageRun, of reader: any PartitionReader) {
    if let gap = run.gap { gaps.append(gap) }
    isCaughtUp = run.isCaughtUp
    guard case .messages(let messages) = run.framing else { return }
    for message in messages {
      texts.append(message.start.map { Self.text($0, message.byteCount) } ?? "")
      keys.append(message.key.map { Self.text($0, message.keyByteCount) } ?? "")
      offsets.append(message.offset)
      places.append(reader.place(ofOffset: message.offset) ?? "")
    }
  }

  private static func text(_ start: UnsafeRawPointer, _ byteCount: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: byteCount), as: UTF8.self)
  }
}

extension PartitionReader {
  /// Reads until `isEnough`.
  func read(atMost byteCount: Int = 64 << 10, until isEnough: (Read) -> Bool) throws -> Read {
    var read = Read()
    let deadline = ContinuousClock.now + KinesisShop.patience
    while !isEnough(read) {
      try #require(ContinuousClock.now < deadline, "read only \(read.texts.count) records")
      read.take(try self.read(atMost: byteCount), of: self)
    }
    return read
  }
}
