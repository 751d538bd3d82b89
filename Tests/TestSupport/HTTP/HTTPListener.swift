import Synchronization

/// An HTTP server that answers every request alike and keeps what it was sent.
package final class HTTPListener: Sendable {
  package struct Request: Sendable {
    /// `POST /hook HTTP/1.1`.
    package var line: String
    /// By lower-case name.
    package var headers: [String: String]
    package var body: String
  }

  private let server: HTTPServer
  private let log: Log

  private final class Log: Sendable {
    let statuses: Mutex<[Int]>
    let received = Mutex<[Request]>([])

    init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }
  }

  /// - Parameter statuses: of the answers, one after another; the last one goes on.
  /// - Throws: `LoopbackListener.Failure` when there is no port.
  package init(answering statuses: [Int] = [200]) throws {
    let log = Log(statuses)
    self.log = log
    server = try HTTPServer { request in
      log.received.withLock {
        $0.append(
          Request(
            line: request.line,
            headers: request.headers,
            body: String(decoding: request.body, as: UTF8.self)
          )
        )
      }
      return .response(log.statuses.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] })
    }
  }

  package var port: UInt16 { server.port }

  package var requests: [Request] { log.received.withLock { $0 } }

  /// Ends the server: connections are refused from now on.
  package func stop() { server.stop() }
}
