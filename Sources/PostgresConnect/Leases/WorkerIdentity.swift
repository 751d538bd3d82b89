#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Names a worker in `stream_workers`, `task_leases` and `log_reads`: `host:pid`, and a random number
/// beside it, since process ids come again.
package struct WorkerIdentity: Hashable, Sendable {
  package let text = "\(hostAndProcess):\(UInt32.random(in: 0...UInt32.max))"

  package init() {}

  /// `host:pid`, for people.
  static var hostAndProcess: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
      as: UTF8.self
    )
    return "\(host):\(getpid())"
  }
}
