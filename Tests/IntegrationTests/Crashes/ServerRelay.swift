import Foundation
import PostgresConnect
import Synchronization
import TestSupport

/// A port before a PostgreSQL at a socket, where one connection ends at the first thing that it asks.
///
///     program --TCP--> relay --socket--> server
final class ServerRelay: Sendable {
  /// The database behind the relay.
  let address: PostgresAddress
  private let listener: LoopbackListener

  /// - Parameters:
  ///   - database: at a socket.
  ///   - number: of the connection that ends, from 1 on; those that ask nothing do not count.
  /// - Throws: when there is no port.
  init(before database: PostgresAddress, cuttingOff number: Int) throws {
    let location = try /host=(?<directory>[^&]+)&port=(?<port>\d+)/
      .firstMatch(in: database.connectionString)?.output
    let path = location.map { "\($0.directory)/.s.PGSQL.\($0.port)" } ?? ""
    let askingCount = Mutex(0)
    listener = try LoopbackListener { client in
      guard let server = Self.connect(to: path) else { return }
      defer { close(server) }
      Self.relay(between: client, and: server) {
        askingCount.withLock { count in
          count += 1
          return count != number
        }
      }
    }
    address = try PostgresAddress(
      database.connectionString.replacing(
        /host=[^&]+&port=\d+/,
        with: "host=127.0.0.1&port=\(listener.port)&sslmode=disable&gssencmode=disable"
      )
    )
  }

  /// Ends it; must be called.
  func stop() { listener.stop() }

  /// Passes on what comes, until an end goes away or `mayAsk`, called at the client's first question,
  /// says no.
  private static func relay(
    between client: Int32,
    and server: Int32,
    while mayAsk: () -> Bool
  ) {
    var hasAsked = false
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    var ends = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while poll(&ends, 2, -1) > 0 {
      for (from, to) in [(0, server), (1, client)] where ends[from].revents != 0 {
        let count = recv(ends[from].fd, &bytes, bytes.count, 0)
        guard count > 0 else { return }
        if from == 0, !hasAsked, questions.contains(bytes[0]) {
          hasAsked = true
          guard mayAsk() else { return }
        }
        guard LoopbackSocket.send(Array(bytes.prefix(count)), to: to) else { return }
      }
    }
  }

  /// How statements begin: Query and Parse.
  private static let questions = [UInt8(ascii: "Q"), UInt8(ascii: "P")]

  private static func connect(to path: String) -> Int32? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else {
      close(connection)
      return nil
    }
    return connection
  }
}
