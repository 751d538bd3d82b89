import Foundation
import KafkaConnect
import Synchronization

/// Listeners before a local broker, that answer some requests themselves.
///
///     client --TCP--> front port 1 --TCP--> broker port 1        one front port for every broker
///
/// Requests of a connection are answered one after another. The ports in answers that name brokers
/// (Metadata, FindCoordinator) become those of the front.
final class FrameRelay: Sendable {
  /// Asks the broker; nil when it is gone.
  typealias Broker = (RequestFrame) -> [UInt8]?
  /// An answer's frame; nil ends the connection.
  typealias Handler =
    @Sendable (_ request: RequestFrame, _ port: UInt16, _ ask: Broker) throws
    -> [UInt8]?

  enum Key {
    static let fetch: Int16 = 1
    static let listOffsets: Int16 = 2
    static let metadata: Int16 = 3
    static let findCoordinator: Int16 = 10
    static let apiVersions: Int16 = 18
    static let createTopics: Int16 = 19
  }

  /// The newest versions of requests that clients are told of, besides the broker's; from 0 on.
  private let versions: [Int16: Int16]
  private let handler: Handler
  private let listeners = Mutex<[LoopbackListener]>([])
  /// Front ports by broker port.
  private let ports = Mutex<[UInt16: UInt16]>([:])

  /// - Parameters:
  ///   - broker: what it passes on to.
  ///   - versions: by request, the newest that the handler knows.
  ///   - handler: called for every other request than for versions, by many threads at once.
  /// - Throws: when there is no port.
  init(before broker: LocalBroker, versions: [Int16: Int16], _ handler: @escaping Handler) throws {
    self.versions = versions
    self.handler = handler
    for address in broker.bootstrap.split(separator: ",") {
      guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else { continue }
      let listener = try LoopbackListener { [self] in serve($0, brokerPort: port) }
      listeners.withLock { $0.append(listener) }
      ports.withLock { $0[port] = listener.port }
    }
  }

  /// The listeners' addresses, as clients name brokers.
  var bootstrap: String {
    listeners.withLock { $0.map { "127.0.0.1:\($0.port)" } }.joined(separator: ",")
  }

  /// Ends it; must be called.
  func stop() { for listener in listeners.withLock({ $0 }) { listener.stop() } }

  private func serve(_ client: Int32, brokerPort: UInt16) {
    guard let server = LoopbackSocket.connect(to: brokerPort) else { return }
    defer { close(server) }
    func ask(_ request: RequestFrame) -> [UInt8]? {
      guard Self.send(request.bytes, to: server) else { return nil }
      let answer = Self.receive(from: server)
      let namesBrokers = request.key == Key.metadata || request.key == Key.findCoordinator
      return namesBrokers ? answer.map(renamed) : answer
    }
    while let frame = Self.receive(from: client), let request = try? RequestFrame(frame),
      let answer = request.key == Key.apiVersions
        ? try? ask(request).map({ try versioned($0, request) })
        : try? handler(request, brokerPort, ask),
      Self.send(answer, to: client)
    {}
  }

  private func renamed(_ answer: [UInt8]) -> [UInt8] {
    var answer = answer
    for (brokerPort, port) in ports.withLock({ $0 }) {
      var former = FrameWriter()
      former.text("127.0.0.1")
      var new = former
      former.number(Int32(brokerPort))
      new.number(Int32(port))
      answer.replace(former.bytes, with: new.bytes)
    }
    return answer
  }

  /// An answer about versions, of a version before 3, with those of the handler.
  private func versioned(_ answer: [UInt8], _ request: RequestFrame) throws -> [UInt8] {
    guard request.version < 3 else { return answer }
    var reader = FrameReader(answer)
    var writer = FrameWriter()
    writer.number(try reader.number(Int32.self))
    writer.number(try reader.number(Int16.self))
    var ranges: [Int16: (Int16, Int16)] = [:]
    for _ in 0..<(try reader.number(Int32.self)) {
      let key = try reader.number(Int16.self)
      ranges[key] = (try reader.number(Int16.self), try reader.number(Int16.self))
    }
    ranges.merge(versions.mapValues { (0, $0) }) { $1 }
    writer.number(Int32(ranges.count))
    for (key, range) in ranges {
      writer.number(key)
      writer.number(range.0)
      writer.number(range.1)
    }
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
