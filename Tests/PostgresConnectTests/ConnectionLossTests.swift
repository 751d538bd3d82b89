import Connect
import Foundation
import Testing

@testable import PostgresConnect

/// Connections that end before they are made, and whether another try may help.
@Suite struct ConnectionLossTests {
  @Test(arguments: [
    ("S", ConnectorError.Kind.transient, "SSL SYSCALL error"),
    ("N", .permanent, "server does not support SSL, but SSL was required"),
  ])
  func `a server that goes away during the TLS handshake is tried again, one without TLS is not`(
    answer: String,
    kind: ConnectorError.Kind,
    reason: String
  ) throws {
    let server = try HandshakeServer(answering: answer)
    defer { server.stop() }
    let address = try PostgresAddress(
      "postgres://u@127.0.0.1:\(server.port)/d?sslmode=require&gssencmode=disable"
    )
    let error = #expect(throws: ConnectorError.self) { try PostgresConnection(address) }
    #expect(error?.kind == kind)
    #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
  }
}

/// Answers the request for TLS with one letter, and hangs up once it has heard more.
private final class HandshakeServer: Sendable {
  let port: UInt16
  private let listener: Int32

  init(answering answer: String) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(listener >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 8) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    try #require(isListening)
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { break }
        var bytes = [UInt8](repeating: 0, count: 1024)
        _ = read(client, &bytes, bytes.count)
        _ = send(client, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
        _ = read(client, &bytes, bytes.count)
        close(client)
      }
      close(listener)
    }
  }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }
}
