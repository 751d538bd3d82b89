package import Connect
package import Logging
package import PostgresConnect

/// Which database a command means, chosen before anything is touched.
package enum DatabaseChoice: Sendable {
  case server(PostgresAddress)
  /// The one of this directory, in `.firstclick/postgres`.
  case privateCluster

  /// The database that `--into` names, or else `DATABASE_URL`; without either the private one.
  ///
  /// - Throws: `.usage` for an address that is none, and for a sink that is no database.
  package init(_ address: String?, for command: String) throws {
    self = try Destination(address).requireDatabase(for: command)
  }

  /// The database's address; a private cluster is made and started if need be.
  package func start() throws(ConnectorError) -> PostgresAddress {
    switch self {
    case .server(let address): address
    case .privateCluster: try Self.cluster.start()
    }
  }

  /// The database's address as it is: of a private cluster nil unless its server runs.
  package var runningAddress: PostgresAddress? {
    get throws(ConnectorError) {
      switch self {
      case .server(let address): address
      case .privateCluster: try Self.cluster.runningAddress()
      }
    }
  }

  /// The address of a database that should be there already; a private cluster is started, not made.
  ///
  /// - Parameter first: the command that makes it.
  /// - Returns: its address.
  /// - Throws: `.failed` where there is none.
  package func startExisting(madeBy first: String) throws -> PostgresAddress {
    guard case .privateCluster = self, !Self.cluster.isMade else { return try start() }
    throw Failure(
      .failed,
      "found no database: neither --into nor DATABASE_URL is given, and there is none in "
        + "\(PrivateCluster.defaultDirectory) here",
      hint: "Run `\(first)` first, or name the database."
    )
  }

  /// As above, of a database whose schema is this program's.
  package func startMigrated(madeBy first: String) throws -> PostgresAddress {
    let address = try startExisting(madeBy: first)
    let connection = try PostgresConnection(
      address,
      applicationName: "firstclick schema",
      lockTimeout: .short
    )
    defer { connection.close() }
    try Migrations(on: connection).requireNewest(madeBy: first)
    return address
  }

  package static let cluster = PrivateCluster {
    Console.shared.write("\(Program.invokedName): \($0)")
  }

  /// Starts the database as `start` does, and applies the migrations that are missing.
  ///
  /// Blocks while a server that was there is away; an interrupt ends the process then, unless the
  /// command has said what to stop.
  ///
  /// - Parameter logger: told when trouble starts and when it is over.
  /// - Returns: the address, and what the migrations came to.
  /// - Throws: at once for a database that is not there or cannot be used.
  package func prepare(
    logger: Logger = Program.logger
  ) throws(ConnectorError) -> (address: PostgresAddress, outcome: Migrations.Outcome) {
    let address = try start()
    try address.requireServer()
    let outcome = try Retry.patient(logger)("migration") { () throws(ConnectorError) in
      try address.requireSessions()
      return try Self.migrate(address)
    }
    return (address, outcome)
  }

  /// Applies the migrations that are missing, and says on stderr what could not be done but need not
  /// stop anything.
  private static func migrate(
    _ address: PostgresAddress
  ) throws(ConnectorError) -> Migrations.Outcome {
    let connection = try PostgresConnection(
      address,
      applicationName: "firstclick migrate",
      lockTimeout: .short
    )
    defer { connection.close() }
    let outcome = try Migrations(on: connection).apply()
    if let notice = outcome.rolesNotice {
      Console.shared.write("\(Program.invokedName): warning: \(notice)")
    }
    return outcome
  }
}
