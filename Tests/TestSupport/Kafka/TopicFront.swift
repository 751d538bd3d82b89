import Foundation
package import KafkaConnect
import Synchronization

/// A cluster that makes topics when it is asked to, before a local broker, which cannot.
///
///     client --TCP--> front port 1 --TCP--> broker port 1        one front port for every broker
///
/// CreateTopics (KIP-4, versions 0 to 4) is answered here, by the script if there is one for the
/// topic, and what is asked for is kept; a topic made so is made at the local broker, which would
/// make one of 4 partitions at the first question for it. So questions for topics that are not there
/// end here, and the broker's answers get these topics added. Everything else passes as it is, one
/// request of a connection after another.
package final class TopicFront: Sendable {
  /// A topic that somebody wanted.
  package struct Wish: Hashable, Sendable {
    package var topic: String
    package var partitionCount: Int
    package var replicationFactor: Int
    /// It was only to be found out whether it could be made.
    package var isCheck: Bool

    package init(
      _ topic: String,
      partitionCount: Int,
      replicationFactor: Int,
      isCheck: Bool = false
    ) {
      self.topic = topic
      self.partitionCount = partitionCount
      self.replicationFactor = replicationFactor
      self.isCheck = isCheck
    }
  }

  /// What becomes of a wish.
  package enum Fate: Sendable {
    case made
    /// Kafka's number of an error, and the cluster's words.
    case refused(Int16, String)
    /// Somebody else makes the topic right before.
    case foundMade(partitionCount: Int)
    /// The connection ends without an answer.
    case cutOff
  }

  /// How a topic made just now looks for a while, counted in questions for it at each broker.
  package struct Lag: Sendable {
    package var unknown: Int
    package var leaderless: Int

    package init(unknown: Int, leaderless: Int) {
      self.unknown = unknown
      self.leaderless = leaderless
    }
  }

  struct State {
    var wishes: [Wish] = []
    /// By topic: what becomes of the next wishes for it.
    var script: [String: [Fate]]
    /// Of the topics that are there.
    var lags: [String: Lag] = [:]
    /// By broker port and topic, how often it was asked for since.
    var looks: [UInt16: [String: Int]] = [:]
    var allowsAutomaticTopics = false
  }

  let broker: LocalBroker
  let lag: Lag
  let state: Mutex<State>
  private let listeners: Mutex<[LoopbackListener]>
  /// Front ports by broker port.
  let ports: Mutex<[UInt16: UInt16]>

  /// - Parameters:
  ///   - broker: without the topics that are to be made.
  ///   - script: what becomes of the wishes for a topic, in their order; then they are `.made`.
  ///   - lag: of topics made.
  /// - Throws: when there is no port.
  package init(
    before broker: LocalBroker,
    script: [String: [Fate]] = [:],
    lag: Lag = Lag(unknown: 0, leaderless: 0)
  ) throws {
    self.broker = broker
    self.lag = lag
    state = Mutex(State(script: script))
    listeners = Mutex([])
    ports = Mutex([:])
    for address in broker.bootstrap.split(separator: ",") {
      guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else { continue }
      let listener = try LoopbackListener { [self] in serve($0, brokerPort: port) }
      listeners.withLock { $0.append(listener) }
      ports.withLock { $0[port] = listener.port }
    }
  }

  /// The listeners' addresses, as clients name brokers.
  package var bootstrap: String {
    listeners.withLock { $0.map { "127.0.0.1:\($0.port)" } }.joined(separator: ",")
  }

  /// What was asked for so far.
  package var wishes: [Wish] { state.withLock { $0.wishes } }

  /// True once a client has asked for a topic in a way that makes it.
  package var allowsAutomaticTopics: Bool { state.withLock { $0.allowsAutomaticTopics } }

  /// True for a topic that is there, whether brokers know it already or not.
  package func has(_ topic: String) -> Bool { state.withLock { $0.lags[topic] != nil } }

  /// Makes a topic that is known at once.
  package func makeTopic(_ name: String, partitionCount: Int) throws {
    try broker.makeTopic(name, partitionCount: partitionCount)
    state.withLock { $0.lags[name] = Lag(unknown: 0, leaderless: 0) }
  }

  /// Ends it; must be called.
  package func stop() { for listener in listeners.withLock({ $0 }) { listener.stop() } }

  // MARK: Connections

  private func serve(_ client: Int32, brokerPort: UInt16) {
    guard let server = LoopbackSocket.connect(to: brokerPort) else { return }
    defer { close(server) }
    while let frame = Self.receive(from: client), let request = try? RequestFrame(frame),
      let answer = try? answer(request, server, of: brokerPort), Self.send(answer, to: client)
    {}
  }

  /// Nil when the connection is to end.
  private func answer(
    _ request: RequestFrame,
    _ server: Int32,
    of brokerPort: UInt16
  ) throws -> [UInt8]? {
    switch RequestKey(rawValue: request.key) {
    case .createTopics: try makeTopics(request)
    case .metadata: try metadata(request, at: brokerPort) { Self.ask($0, server) }
    case .apiVersions:
      try Self.ask(request, server).map { request.version < 3 ? try Self.extended($0) : $0 }
    case nil: Self.ask(request, server)
    }
  }

  private enum RequestKey: Int16 {
    case metadata = 3
    case apiVersions = 18
    case createTopics = 19
  }

  private static func ask(_ request: RequestFrame, _ server: Int32) -> [UInt8]? {
    send(request.bytes, to: server) ? receive(from: server) : nil
  }

  /// Adds CreateTopics to an answer of a version before 3, and has Metadata up to 4.
  private static func extended(_ answer: [UInt8]) throws -> [UInt8] {
    var reader = FrameReader(answer)
    var writer = FrameWriter()
    writer.number(try reader.number(Int32.self))
    writer.number(try reader.number(Int16.self))
    let count = try reader.number(Int32.self)
    writer.number(count + 1)
    for _ in 0..<count {
      let key = try reader.number(Int16.self)
      writer.number(key)
      writer.number(try reader.number(Int16.self))
      let greatest = try reader.number(Int16.self)
      writer.number(key == RequestKey.metadata.rawValue ? 4 : greatest)
    }
    writer.number(RequestKey.createTopics.rawValue)
    writer.number(Int16(0))
    writer.number(Int16(4))
    writer.raw(reader.remaining)
    return writer.bytes
  }

  private static func receive(from connection: Int32) -> [UInt8]? {
    guard let head = LoopbackSocket.receive(4, from: connection) else { return nil }
    var reader = FrameReader(head)
    guard let count = try? reader.number(Int32.self) else { return nil }
    return LoopbackSocket.receive(Int(count), from: connection)
  }

  private static func send(_ frame: [UInt8], to connection: Int32) -> Bool {
    var writer = FrameWriter()
    writer.number(Int32(frame.count))
    writer.raw(frame)
    return LoopbackSocket.send(writer.bytes, to: connection)
  }
}
