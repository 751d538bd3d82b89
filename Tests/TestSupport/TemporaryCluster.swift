import Foundation
package import Connect
package import PostgresConnect

/// A private PostgreSQL in a temporary directory, not crash-safe and gone when the tests end.
///
/// Most tests share one per process and take a database of their own from it: a copy of a migrated
/// one, some 30 ms. What stops or breaks the server takes a cluster of its own.
package final class TemporaryCluster: Sendable {
  package let directory: String
  private let cluster: PrivateCluster
  private let databaseNumber = Counter()

  /// Made and started on first use; stopped when the process ends.
  package static let shared: Result<TemporaryCluster, ConnectorError> = Result {
    () throws(ConnectorError) in
    let cluster = try TemporaryCluster()
    atexit { try? TemporaryCluster.shared.get().remove() }
    return cluster
  }

  /// Makes and starts a cluster of one's own.
  ///
  /// - Parameter isDurable: true keeps the settings of a real private cluster, for crash tests.
  /// - Throws: `.permanent` where no PostgreSQL is installed.
  package init(isDurable: Bool = false) throws(ConnectorError) {
    Self.removeLeftovers()
    directory = "\(Self.root)/\(Self.prefix)\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    cluster = PrivateCluster(directory: directory, isDurable: isDurable)
    _ = try start()
  }

  /// Starts the server again after `stop` or a crash; returns the address of an empty database.
  @discardableResult
  package func start() throws(ConnectorError) -> PostgresAddress { try cluster.start() }

  package func stop() throws(ConnectorError) { try cluster.stop() }

  /// Stops the server and removes its directory.
  package func remove() {
    try? cluster.stop()
    try? FileManager.default.removeItem(atPath: directory)
  }

  // MARK: - Databases

  /// A new database with the schema in it, on the shared cluster.
  package static func database() throws -> PostgresAddress {
    let cluster = try shared.get()
    let template = try template.get()
    let name = "test_\(cluster.databaseNumber.next())"
    let connection = try PostgresConnection(cluster.start())
    defer { connection.close() }
    // Copying takes a template that nobody else is copying at the moment.
    try connection.execute("SELECT pg_advisory_lock(1)")
    try connection.execute("CREATE DATABASE \(name) TEMPLATE \(template)")
    return try cluster.address(of: name)
  }

  /// A new database without the schema, on the shared cluster.
  package static func emptyDatabase() throws -> PostgresAddress {
    let cluster = try shared.get()
    let name = "empty_\(cluster.databaseNumber.next())"
    let connection = try PostgresConnection(cluster.start())
    defer { connection.close() }
    try connection.execute("CREATE DATABASE \(name) TEMPLATE template0")
    return try cluster.address(of: name)
  }

  private static let template: Result<String, any Error> = Result {
    let cluster = try shared.get()
    let connection = try PostgresConnection(cluster.start())
    defer { connection.close() }
    try connection.execute("CREATE DATABASE migrated")
    let migrated = try PostgresConnection(cluster.address(of: "migrated"))
    defer { migrated.close() }
    _ = try Migrations(on: migrated).apply()
    return "migrated"
  }

  private func address(of database: String) throws(ConnectorError) -> PostgresAddress {
    let text = try start().connectionString
    return try PostgresAddress(text.replacing("/firstclick?", with: "/\(database)?"))
  }

  // MARK: - Cleaning up

  private static let root = FileManager.default.temporaryDirectory.path
  private static let prefix = "firstclick-test-"

  /// Stops and removes what test processes left behind that were killed: they are named by process.
  private static func removeLeftovers() {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    for entry in entries where entry.hasPrefix(prefix) {
      let process = entry.dropFirst(prefix.count).prefix { $0 != "-" }
      guard let process = pid_t(process), kill(process, 0) != 0, errno == ESRCH else { continue }
      try? PrivateCluster(directory: "\(root)/\(entry)").stop()
      try? FileManager.default.removeItem(atPath: "\(root)/\(entry)")
    }
  }
}

/// Counts up from 1; for names that must differ.
private final class Counter: @unchecked Sendable {
  // Guarded by the lock.
  private var value = 0
  private let lock = NSLock()

  func next() -> Int {
    lock.withLock {
      value += 1
      return value
    }
  }
}
