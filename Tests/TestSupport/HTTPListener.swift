import Foundation
import Synchronization

/// A real HTTP server on 127.0.0.1 that answers every request alike and keeps what it was sent.
package final class HTTPListener: Sendable {
  package struct Request: Sendable {
    /// `POST /hook HTTP/1.1`.
    package var line: String
    /// By lower-case name.
    package var headers: [String: String]
    package var body: String
  }

  package struct Failure: Error {
    package var call: String
  }

  package let port: UInt16
  private let descriptor: Int32
  private let statuses: Mutex<[Int]>
  private let received = Mutex<[Request]>([])

  /// - Parameter statuses: of the answers, one after another; the last one goes on.
  /// - Throws: `Failure` when there is no port.
  package init(answering statuses: [Int] = [200]) throws {
    self.statuses = Mutex(statuses)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    guard isListening else { throw Failure(call: "listen") }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { break }
        answer(connection)
        close(connection)
      }
      close(descriptor)
    }
  }

  package var requests: [Request] { received.withLock { $0 } }

  /// Ends the server: connections are refused from now on.
  ///
  /// Its thread closes the socket, so that no other test is given its number meanwhile.
  package func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  private func answer(_ connection: Int32) {
    guard let request = Self.read(connection) else { return }
    received.withLock { $0.append(request) }
    let status = statuses.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    let text = "HTTP/1.1 \(status) Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    _ = Array(text.utf8).withUnsafeBytes { send(connection, $0.baseAddress, $0.count, 0) }
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      if let request = parse(bytes) { return request }
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      bytes += chunk[..<count]
    }
  }

  /// Nil while the request is not whole.
  private static func parse(_ bytes: [UInt8]) -> Request? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    let body = text[end.upperBound...]
    let expected = headers["content-length"].flatMap { Int($0) } ?? 0
    guard body.utf8.count >= expected, let first = lines.first else { return nil }
    return Request(line: String(first), headers: headers, body: String(body))
  }
}
