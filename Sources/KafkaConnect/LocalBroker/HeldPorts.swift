import Foundation
import Synchronization

/// The ports of brokers that are down, kept from everybody else until they are up again.
///
/// Otherwise a connection of this machine may be given such a port, even that of the client that
/// tries to reach it, and the mock, which aborts when it cannot listen, ends the process.
/// A bound socket that does not listen refuses connections, and lets one listen that, as the mock's,
/// has `SO_REUSEADDR` as well.
final class HeldPorts: Sendable {
  private let ports: [UInt16]
  /// Descriptors by broker, from 0.
  private let sockets = Mutex<[Int: Int32]>([:])

  /// - Parameter bootstrap: the brokers' addresses in order, `HOST:PORT,HOST:PORT`.
  init(of bootstrap: String) {
    ports = bootstrap.split(separator: ",").map { address in
      address.lastIndex(of: ":").flatMap { UInt16(address[$0...].dropFirst()) } ?? 0
    }
  }

  deinit { release(Array(ports.indices)) }

  /// The brokers of a target of the mock: -1 is all, others count from 1.
  func brokers(_ number: Int32) -> [Int] {
    number < 0 ? Array(ports.indices) : [Int(number) - 1]
  }

  /// Holds the ports of brokers that have just gone down; one that is taken already is left alone.
  func hold(_ brokers: [Int]) {
    sockets.withLock { sockets in
      for broker in brokers where sockets[broker] == nil {
        sockets[broker] = Self.bound(to: ports[broker])
      }
    }
  }

  /// Lets go of the ports.
  func release(_ brokers: [Int]) {
    sockets.withLock { sockets in
      for broker in brokers { sockets.removeValue(forKey: broker).map { _ = close($0) } }
    }
  }

  private static func bound(to port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var isOn: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}
