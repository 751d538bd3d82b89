import Foundation

/// The ports of a local broker, kept from everybody else whether it is up or down.
///
/// A mock broker that goes down closes its socket and binds another to the port, and the process is
/// aborted if it cannot. So each port has a second socket, bound and never listening, from the start
/// on, that nobody is given the port in between:
///
///     broker     listens | closed, bound again | listens      SO_REUSEADDR
///     held       bound ------------------------------------    SO_REUSEADDR, SO_REUSEPORT
///
/// It refuses connections while the broker is down, and lets it listen again, since both have
/// `SO_REUSEADDR`. That it can be bound while the broker listens takes `SO_REUSEPORT` on both: the
/// broker's socket, of this process, is given it once it listens.
///
/// Nor must the closed socket listen on, which it would in a program that is being started at that
/// moment: until it runs, it has all of this process's descriptors (`stopListening`).
struct HeldPorts: ~Copyable {
  /// In the order of the brokers.
  private let ports: [UInt16]
  private let sockets: [Int32]

  /// Holds the ports of brokers of this process that listen.
  ///
  /// - Parameter bootstrap: the brokers' addresses, `HOST:PORT,HOST:PORT`, on 127.0.0.1.
  init(of bootstrap: String) {
    ports = bootstrap.split(separator: ",").compactMap { broker in
      broker.split(separator: ":").last.flatMap { UInt16($0) }
    }
    // Lets other sockets of this user be bound to ports that this process listens on.
    for listener in Self.listeners(on: ports) { Self.turnOn(SO_REUSEPORT, of: listener) }
    sockets = ports.compactMap(Self.bound)
  }

  deinit { sockets.forEach { close($0) } }

  /// Ends the listening of brokers that are about to close their sockets, wherever copies of those
  /// are.
  ///
  /// What a broker polls and closes is another socket from then on, on which nothing happens: one
  /// that was shut down would be an error to it.
  ///
  /// - Parameter indices: the brokers', from 0.
  func stopListening(at indices: [Int]) {
    for listener in Self.listeners(on: indices.map { ports[$0] }) {
      let copy = dup(listener)
      let idle = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      dup2(idle, listener)
      close(idle)
      shutdown(copy, Int32(SHUT_RDWR))
      close(copy)
    }
  }

  /// This process's descriptors that listen on one of the ports.
  private static func listeners(on ports: [UInt16]) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")) ?? []
    return names.compactMap { Int32($0) }.filter { descriptor in
      listeningPort(of: descriptor).map(ports.contains) ?? false
    }
  }

  /// The port that a socket listens on; nil for whatever else the descriptor is.
  private static func listeningPort(of descriptor: Int32) -> UInt16? {
    var isListening: Int32 = 0
    var byteCount = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &byteCount) == 0,
      isListening != 0
    else { return nil }
    var address = sockaddr_in()
    byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &byteCount)
      }
    }
    guard code == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func bound(to port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    turnOn(SO_REUSEADDR, of: descriptor)
    turnOn(SO_REUSEPORT, of: descriptor)
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

  private static func turnOn(_ option: Int32, of descriptor: Int32) {
    var isOn: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, option, &isOn, socklen_t(MemoryLayout<Int32>.size))
  }
}
