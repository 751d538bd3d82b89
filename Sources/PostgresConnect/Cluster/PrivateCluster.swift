package import Connect
import Foundation

/// A PostgreSQL server of one's own under a directory, reachable through a unix socket only.
///
/// Whoever can enter the directory, the server's user and root, is let in without a password. The
/// server outlives this process. Starting and stopping may be called by several processes at once.
package struct PrivateCluster: Sendable {
  package static let defaultDirectory = ".firstclick/postgres"

  private let requestedDirectory: String
  private let durability: ClusterSettings.Durability
  private let installation: Programs
  private let report: @Sendable (String) -> Void

  /// Finds the server's programs, of the major version that an existing cluster needs.
  typealias Programs = @Sendable (Int?) throws(ConnectorError) -> PostgresInstallation

  /// - Parameters:
  ///   - directory: made when it is missing; relative to the current directory.
  ///   - isDurable: false gives up crash safety for speed, for tests.
  ///   - report: called with what a user may want to know, a sentence fragment.
  package init(
    directory: String = PrivateCluster.defaultDirectory,
    isDurable: Bool = true,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(
      directory: directory,
      isDurable: isDurable,
      installation: { version throws(ConnectorError) in try .find(majorVersion: version) },
      report: report
    )
  }

  init(
    directory: String,
    isDurable: Bool,
    installation: @escaping Programs,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    requestedDirectory = directory
    durability = isDurable ? .asynchronous : .none
    self.installation = installation
    self.report = report
  }

  /// True once the cluster was made, whether its server runs or not; also for one of somebody else
  /// that cannot be looked into.
  package var isMade: Bool { ClusterLocation.holdsCluster(requestedDirectory) }

  /// Asks whether `start` may work here; makes nothing.
  ///
  /// - Throws: `.permanent` where it may not write, or there is nobody to run the server as.
  package func requirePlace() throws(ConnectorError) {
    try ClusterLocation.requirePlace(requestedDirectory)
  }

  /// Starts the server unless it runs, and makes the cluster and its database unless they exist.
  ///
  /// - Returns: the address of the database `firstclick`, as its superuser.
  package func start() throws(ConnectorError) -> PostgresAddress {
    // Asked first: where there are no programs, nothing is touched.
    if !isMade { _ = try installation(nil) }
    let location = try ClusterLocation.prepare(requestedDirectory, report: report)
    return try location.withLock { lock throws(ConnectorError) in
      if let address = try reachable(at: location) { return address }
      let installation = try installation(dataVersion(of: location))
      let server = ClusterServer(location: location, installation: installation)
      if dataVersion(of: location) == nil {
        report("making a private PostgreSQL \(installation.majorVersion) in \(location.directory)")
        try server.initialize(isDurable: durability != .none, holding: lock)
      }
      if try !isAccepting(server) {
        // One that runs and is not there has lost its socket: a temporary directory swept, say.
        if server.isRunning { try server.stop() }
        try server.start(
          ClusterSettings(durability: durability, socketDirectory: location.socketDirectory())
        )
      }
      try makeDatabase(at: location)
      return try address(database: Self.database, at: location)
    }
  }

  /// Stops the server, rolling back what is open; does nothing when it does not run.
  package func stop() throws(ConnectorError) {
    guard let location = try ClusterLocation.find(requestedDirectory) else { return }
    try location.withLock { _ throws(ConnectorError) in
      let server = try ClusterServer(
        location: location,
        installation: installation(dataVersion(of: location))
      )
      if server.isRunning { try server.stop() }
    }
  }

  /// True while the server accepts connections.
  package var isRunning: Bool {
    get throws(ConnectorError) { try runningAddress() != nil }
  }

  /// The address of the running server's database; nil when none runs here.
  ///
  /// Starts nothing.
  package func runningAddress() throws(ConnectorError) -> PostgresAddress? {
    guard let location = try ClusterLocation.find(requestedDirectory) else { return nil }
    return try reachable(at: location)
  }

  // MARK: - The database

  private static let database = "firstclick"

  private func reachable(at location: ClusterLocation) throws(ConnectorError) -> PostgresAddress? {
    let address = try address(database: Self.database, at: location)
    guard let connection = try? PostgresConnection(address) else { return nil }
    connection.close()
    return address
  }

  /// Lets a server finish that comes up, recovers from a crash or goes down, ten minutes at most;
  /// stopping it in the middle can leave it hanging.
  private func isAccepting(_ server: ClusterServer) throws(ConnectorError) -> Bool {
    let address = try address(database: Self.database, at: server.location)
    let deadline = ContinuousClock.now + .seconds(600)
    while server.isRunning, ContinuousClock.now < deadline {
      switch address.presence {
      case .accepting: return true
      case .rejecting: usleep(100_000)
      case .absent: return false
      }
    }
    return false
  }

  private func makeDatabase(at location: ClusterLocation) throws(ConnectorError) {
    let connection = try PostgresConnection(address(database: "postgres", at: location))
    defer { connection.close() }
    let found = try connection.query(
      "SELECT FROM pg_database WHERE datname = $1",
      [Self.database]
    )
    if found.isEmpty { try connection.execute("CREATE DATABASE \(Self.database)") }
  }

  private func address(
    database: String,
    at location: ClusterLocation
  ) throws(ConnectorError) -> PostgresAddress {
    let directory = try location.socketDirectory()
    let plain = CharacterSet(charactersIn: "/-._~").union(.alphanumerics)
    let host = directory.addingPercentEncoding(withAllowedCharacters: plain) ?? directory
    // The port is named since PGPORT may mean another server, as others of these variables may.
    return try PostgresAddress(
      "postgresql:///\(database)?host=\(host)&port=\(ClusterLocation.port)&user=postgres"
        + NeutralParameters.text
    )
  }

  /// Major version of the data directory; nil when there is none.
  private func dataVersion(of location: ClusterLocation) -> Int? {
    (try? String(contentsOfFile: "\(location.data)/PG_VERSION", encoding: .utf8))
      .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}
