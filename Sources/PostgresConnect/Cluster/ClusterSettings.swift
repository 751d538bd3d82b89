import Foundation

/// What a private cluster sets differently from PostgreSQL's defaults.
struct ClusterSettings {
  /// What a crash may cost.
  enum Durability: Sendable {
    /// A crash of the machine or server may forget the last commits, whole ones: positions and
    /// rows go together, and the log gives them again.
    case asynchronous
    /// A crash may cost the cluster: for tests.
    case none
  }

  var durability: Durability
  var socketDirectory: String

  /// The lines of `postgresql.conf` behind the ones that initdb wrote.
  var text: String {
    var lines = [
      "listen_addresses = ''",
      "port = \(ClusterLocation.port)",
      "unix_socket_permissions = 0700",
      "unix_socket_directories = '\(socketDirectory)'",
      // A partition of the log takes one; those that are not used cost little.
      "max_connections = \(Self.connectionCount)",
      "timezone = 'UTC'",
      "log_timezone = 'UTC'",
      // A day is a partition, and years may be loaded, or checked, in one transaction. It may use all
      // that the table of locks has, which is made for as many as all connections have together.
      "max_locks_per_transaction = \(Self.lockCount / Self.connectionCount)",
      // Made to load in bulk and to be read by few.
      "shared_buffers = \(sharedBuffers)MB",
      "effective_cache_size = \(max(512, Self.memory / 2))MB",
      "maintenance_work_mem = 256MB",
      "work_mem = 32MB",
      "wal_level = minimal",
      "max_wal_senders = 0",
      "wal_buffers = 64MB",
      "max_wal_size = 8GB",
      "checkpoint_timeout = 15min",
      "synchronous_commit = off",
      "jit = off",
    ]
    if durability == .none { lines += ["fsync = off", "full_page_writes = off"] }
    if Self.hasSmallSharedMemory { lines.append("dynamic_shared_memory_type = mmap") }
    return lines.map { "\($0)\n" }.joined()
  }

  private var sharedBuffers: Int {
    durability == .none ? 128 : min(1024, max(256, Self.memory / 8))
  }

  private static let connectionCount = 1000
  /// Held at a time, of all transactions.
  private static let lockCount = 128_000

  /// Of this machine, in MiB.
  private static var memory: Int {
    Int(ProcessInfo.processInfo.physicalMemory / (1 << 20))
  }

  /// Containers often give /dev/shm 64 MiB, too little for parallel queries.
  private static var hasSmallSharedMemory: Bool {
    var system = statvfs()
    guard statvfs("/dev/shm", &system) == 0 else { return false }
    return UInt64(system.f_blocks) * UInt64(system.f_frsize) < 1 << 30
  }
}
