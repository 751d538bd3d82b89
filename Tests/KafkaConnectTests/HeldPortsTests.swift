import Connect
import Foundation
import KafkaConnect
import Testing

@Suite struct HeldPortsTests {
  @Test func `the port of a broker that is down is given to nobody else`() throws {
    let cluster = try LocalBroker()
    let port = try #require(Self.ports(of: cluster).first)
    for _ in 0..<3 {
      try cluster.takeDown(.all)
      #expect(Self.canBind(to: port) == false)
      try cluster.bringUp(.all)
      #expect(Self.canBind(to: port) == false)
    }
  }

  @Test func `the broker that goes down refuses connections, and the others do not`() throws {
    let cluster = try LocalBroker(brokerCount: 3)
    let ports = Self.ports(of: cluster)
    try cluster.takeDown(.broker(2))
    #expect(ports.map(Self.canConnect) == [true, false, true])
    try cluster.bringUp(.broker(2))
    #expect(ports.map(Self.canConnect) == [true, true, true])
  }

  @Test func `nobody who tries at every moment gets the port of a broker that goes down`() async {
    // The mock would end the process.
    await #expect(processExitsWith: .success) {
      let cluster = try LocalBroker()
      let port = try #require(HeldPortsTests.ports(of: cluster).first)
      for _ in 0..<2 {
        Thread.detachNewThread { while !HeldPortsTests.canBind(to: port) {} }
      }
      for _ in 0..<100 {
        try cluster.takeDown(.all)
        try cluster.bringUp(.all)
      }
      exit(0)
    }
  }

  @Test func `a program that is being started does not keep a broker from going down`() async {
    // As above.
    await #expect(processExitsWith: .success) {
      let cluster = try LocalBroker()
      for _ in 0..<2 {
        Thread.detachNewThread {
          while true {
            let program = try? ChildProcess(
              "true",
              words: ["true"],
              output: .file("/dev/null", O_WRONLY)
            )
            _ = try? program?.waitForEnd()
          }
        }
      }
      for _ in 0..<50 {
        try cluster.takeDown(.all)
        try cluster.bringUp(.all)
      }
      exit(0)
    }
  }

  /// In the order of the brokers.
  private static func ports(of cluster: LocalBroker) -> [UInt16] {
    cluster.bootstrap.split(separator: ",").compactMap {
      $0.split(separator: ":").last.flatMap { UInt16($0) }
    }
  }

  private static func canBind(to port: UInt16) -> Bool { succeeds(bind, on: port) }

  private static func canConnect(to port: UInt16) -> Bool { succeeds(connect, on: port) }

  /// Whether a call works for a new socket and a port of 127.0.0.1.
  private static func succeeds(
    _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32,
    on port: UInt16
  ) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
