import Foundation

/// A real HTTP/1.1 server on 127.0.0.1: a thread a connection, which stays open between requests.
package final class HTTPServer: Sendable {
  package struct Request: Sendable {
    /// `POST /hook HTTP/1.1`.
    package var line: String
    /// By lower-case name; of several of a name the last.
    package var headers: [String: String]
    package var body: [UInt8]

    package var method: String { String(line.prefix { $0 != " " }) }
    /// Path and query.
    package var target: String {
      line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    }
  }

  package enum Answer: Sendable {
    case response(Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [])
    /// The connection is reset instead of an answer.
    case reset
    /// The answer stops in the middle of its body, and the connection ends.
    case cut(body: [UInt8])
  }

  private let listener: LoopbackListener

  /// - Parameter handler: called by many threads at once.
  /// - Throws: `LoopbackListener.Failure` when there is no port.
  package init(_ handler: @escaping @Sendable (Request) -> Answer) throws {
    listener = try LoopbackListener { Self.serve($0, handler) }
  }

  package var port: UInt16 { listener.port }
  package var address: String { "http://127.0.0.1:\(port)" }

  /// Ends the server: connections end, and are refused from now on.
  package func stop() { listener.stop() }

  /// Answers requests until the other end or this one ends the connection.
  private static func serve(
    _ connection: Int32,
    _ handler: @Sendable (Request) -> Answer
  ) {
    var received: [UInt8] = []
    while let request = read(connection, &received) {
      switch handler(request) {
      case .response(let status, let headers, let body):
        let lines = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        let head = "HTTP/1.1 \(status) Answer\r\nContent-Length: \(body.count)\r\n\(lines)\r\n"
        guard LoopbackSocket.send(Array(head.utf8) + body, to: connection) else { return }
      case .reset:
        // Closing with a linger time of 0 sends RST.
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          connection,
          SOL_SOCKET,
          SO_LINGER,
          &linger,
          socklen_t(MemoryLayout.size(ofValue: linger))
        )
        return
      case .cut(let body):
        let head = "HTTP/1.1 200 Answer\r\nContent-Length: \(body.count)\r\n\r\n"
        _ = LoopbackSocket.send(Array(head.utf8) + body.prefix(body.count / 2), to: connection)
        return
      }
    }
  }

  /// The next request; what was received beyond it stays in `received`.
  private static func read(_ connection: Int32, _ received: inout [UInt8]) -> Request? {
    var chunk = [UInt8](repeating: 0, count: 65536)
    var head: (request: Request, byteCount: Int)?
    while true {
      if head == nil { head = Self.head(received) }
      if let (request, headByteCount) = head {
        let end = headByteCount + (request.headers["content-length"].flatMap { Int($0) } ?? 0)
        if received.count >= end {
          var whole = request
          whole.body = Array(received[headByteCount..<end])
          received.removeFirst(end)
          return whole
        }
      }
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      received += chunk[..<count]
    }
  }

  /// A request without its body, and the bytes that it takes; nil while its head is not whole.
  private static func head(_ bytes: [UInt8]) -> (Request, Int)? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
      .split(separator: "\r\n")
    guard let line = lines.first else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    return (Request(line: String(line), headers: headers, body: []), end.upperBound)
  }
}
