import Connect
import Foundation

/// Who holds the lease: a process, and where its number means anything.
///
/// On the same machine and in the same namespace of process numbers it can be seen whether the
/// process lives; elsewhere only the lease's expiry tells.
package struct LeaseHolder: Hashable, Sendable, LosslessStringConvertible {
  private let host: String
  private let process: ProcessIdentity
  /// Of the machine since it was started, and of the namespace in it.
  private let world: String

  /// This process; nil where the system does not tell, which nobody can see to be dead.
  package static let current: LeaseHolder? = ProcessIdentity(of: getpid()).map {
    LeaseHolder(host: ProcessInfo.processInfo.hostName, process: $0, world: currentWorld)
  }

  private init(host: String, process: ProcessIdentity, world: String) {
    self.host = host
    self.process = process
    self.world = world
  }

  package init?(_ description: String) {
    let parts = description.split(separator: " ")
    guard parts.count == 4, let process = ProcessIdentity("\(parts[1]) \(parts[2])") else {
      return nil
    }
    self.init(host: String(parts[0]), process: process, world: String(parts[3]))
  }

  /// `host 4711 123456 world`.
  package var description: String { "\(host) \(process) \(world)" }

  /// For people: `process 4711 on host`.
  package var name: String { "process \(process.processID) on \(host)" }

  /// True when it can be seen that the process has ended.
  package var isKnownDead: Bool { world == Self.currentWorld && !process.isAlive }

  /// Sources: random(4), /proc/sys/kernel/random/boot_id; namespaces(7).
  private static let currentWorld: String = {
    let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))
    let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    let id = boot?.filter { !$0.isWhitespace } ?? UUID().uuidString
    return "\(id)/\(namespace ?? "?")"
  }()
}
