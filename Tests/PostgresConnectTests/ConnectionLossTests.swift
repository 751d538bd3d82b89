import Connect
import Foundation
import TestSupport
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

  /// The machine of the first one may be gone.
  @Test func `where one host says nothing the next one is tried`() throws {
    let silent = try HandshakeServer(answering: "")
    defer { silent.stop() }
    let living = try TemporaryCluster.emptyDatabase()
    let address = try PostgresAddress(
      living.connectionString.replacing(/host=(?<host>[^&]+)/) {
        "host=127.0.0.1,\($0.output.host)&port=\(silent.port),5432&connect_timeout=2&gssencmode=disable"
      }
    )
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    #expect(try connection.query("SELECT 1") == [["1"]])
  }

  @Test func `a server that says nothing is told from one that refuses`() throws {
    let silent = try HandshakeServer(answering: "")
    defer { silent.stop() }
    let address = try PostgresAddress(
      "postgres://u@127.0.0.1:\(silent.port)/d?connect_timeout=2&gssencmode=disable"
    )
    let error = #expect(throws: ConnectorError.self) { try PostgresConnection(address) }
    #expect(error?.kind == .transient)
    #expect(
      error?.message
        == "could not connect to \(address): no answer from 127.0.0.1 port \(silent.port) within 2 s"
    )
    #expect(error?.hint == "Check that PostgreSQL runs there and accepts connections.")
  }

  /// What libpq 15 says with OpenSSL 3.
  @Test(arguments: [
    ("SSL connection has been closed unexpectedly", false),
    ("SSL error: unexpected eof while reading", false),
    ("SSL SYSCALL error: EOF detected", false),
    ("SSL error: certificate verify failed", true),
    ("invalid sslmode value: \"maybe\"", true),
  ])
  func `another try does not change what is set, but who went away`(text: String, isSetting: Bool) {
    let message = "connection to server at \"h\", port 5432 failed: \(text)"
    #expect(ConnectionHandle.isSetting(message) == isSetting)
  }

  /// The server says it in its own language.
  @Test(arguments: [
    "duplicate key value violates unique constraint \"attributions_once\"",
    "doppelter Schlüsselwert verletzt Unique-Constraint »attributions_once«",
    "la valeur d'une clé dupliquée rompt la contrainte unique « attributions_once »",
  ])
  func `a second answer is recognised in whatever language`(message: String) {
    let error = PostgresFailure.error(sqlState: "23505", message: message, at: "here")
    #expect(Resends.areSuspected(in: error))
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
