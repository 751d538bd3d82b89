import Foundation

/// Ports of this machine that nobody else can get, whether somebody listens there or not.
///
/// A bound socket that does not listen keeps its port, refuses connections, and lets one listen that,
/// as the mock's, has `SO_REUSEADDR` as well. It cannot be bound while one listens already.
struct HeldPorts: ~Copyable {
  /// 127.0.0.1, where brokers listen.
  static let loopback: UInt32 = 0x7f00_0001
  /// Another address of this machine.
  ///
  /// Held there, a port can still be bound where brokers listen, but is not given to a connection that
  /// asks for any.
  static let otherLoopback: UInt32 = 0x7f00_0002

  private let sockets: [Int32]

  /// Holds the ports of some brokers; one that is taken already is left alone.
  ///
  /// - Parameters:
  ///   - bootstrap: the brokers' addresses, `HOST:PORT,HOST:PORT`.
  ///   - address: where to.
  init(of bootstrap: String, at address: UInt32) {
    sockets = bootstrap.split(separator: ",").compactMap { broker in
      broker.split(separator: ":").last.flatMap { UInt16($0) }
        .flatMap { Self.bound(to: $0, at: address) }
    }
  }

  deinit { sockets.forEach { close($0) } }

  private static func bound(to port: UInt16, at host: UInt32) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var isOn: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = host.bigEndian
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
