import Connect
import Foundation
import Programs
import PostgresConnect

/// The database: programs, server, schema, permissions and clock.
struct DatabaseCheck {
  let choice: DatabaseChoice

  func findings() -> [Finding] {
    switch choice {
    case .server(let address): return server(at: address)
    case .privateCluster: return privateCluster()
    }
  }

  private func privateCluster() -> [Finding] {
    do {
      let installation = try PostgresInstallation.find()
      let programs = Finding.ok(
        "PostgreSQL",
        "version \(installation.majorVersion) in \(installation.binaries)"
      )
      guard let address = try choice.runningAddress else {
        try DatabaseChoice.cluster.requirePlace()
        return [programs, .ok("server", "the private one is not running; a job starts it")]
      }
      return [programs] + server(at: address)
    } catch {
      return [.fail("PostgreSQL", error)]
    }
  }

  private func server(at address: PostgresAddress) -> [Finding] {
    do {
      try address.requireSessions()
      let connection = try PostgresConnection(examining: address)
      defer { connection.close() }
      let version = connection.serverVersion
      let server = Finding.ok(
        "server",
        "PostgreSQL \(version / 10_000).\(version % 10_000) at \(address)"
      )
      if let refusal = try refusalOfWrites(connection) {
        return [server, refusal, try clock(connection)]
      }
      return [server, try schema(connection), try clock(connection)]
        + (try permissions(connection)) + (try stoppedTasks(connection))
    } catch {
      return [.fail("server", error)]
    }
  }

  /// Nil where this user may write something at all.
  private func refusalOfWrites(
    _ connection: PostgresConnection
  ) throws(ConnectorError) -> Finding? {
    let row = try connection.query(
      "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')"
    ).first
    if row?[0] == "t" {
      return .fail("writes", "this server is a standby", advice: "Name the primary.")
    }
    guard row?[1] == "on" else { return nil }
    return .fail(
      "writes",
      "default_transaction_read_only is on",
      advice: "Set it off for the database, the user or the server, whichever has it."
    )
  }

  private func schema(_ connection: PostgresConnection) throws(ConnectorError) -> Finding {
    let known = Migrations.newestVersion
    let migrations = Migrations(on: connection)
    guard let version = try migrations.currentVersion() else { return newSchema(by: migrations) }
    do throws(ConnectorError) {
      try migrations.requireKnown()
    } catch {
      return .fail("schema", error)
    }
    guard version < known else { return .ok("schema", "version \(known)") }
    if let owner = try migrations.foreignOwner() {
      return .fail(
        "schema",
        "version \(version), this program has \(known), and this user may not update it",
        advice: Migrations.advice(forTablesOf: owner)
      )
    }
    return .warn(
      "schema",
      "version \(version), this program has \(known)",
      advice: "A job updates it, or `stream-job migrate`."
    )
  }

  private func stoppedTasks(_ connection: PostgresConnection) throws(ConnectorError) -> [Finding] {
    guard try Migrations(on: connection).currentVersion() == Migrations.newestVersion else {
      return []
    }
    return try StatusQuery(on: connection).tasks().compactMap { task in
      task.stop.map {
        // The reason says what to do.
        Finding.fail("task \(task.task)", "stopped at \($0.stoppedAt): \($0.reason)", advice: nil)
      }
    }
  }

  /// Whether a job could make one: what is in its way is found by trying.
  private func newSchema(by migrations: Migrations) -> Finding {
    do {
      try migrations.rehearse()
      return .ok("schema", "none yet; a job makes version \(Migrations.newestVersion)")
    } catch {
      return .fail("schema", error)
    }
  }

  /// The server's clock against this one's.
  private func clock(_ connection: PostgresConnection) throws(ConnectorError) -> Finding {
    let rows = try connection.query("SELECT extract(epoch FROM clock_timestamp())::text")
    let time = rows.first?.first.flatMap { $0 }.flatMap { Double($0) } ?? 0
    let difference = Int((time - Date().timeIntervalSince1970).rounded())
    guard abs(difference) > 5 else { return .ok("clock", "agrees with the server's") }
    return .warn(
      "clock",
      "the server's is \(difference) s ahead of this machine's",
      advice: "Set both by NTP: the future guard and the lag go by this machine's."
    )
  }

  private func permissions(_ connection: PostgresConnection) throws(ConnectorError) -> [Finding] {
    guard try Migrations(on: connection).currentVersion() != nil else { return [] }
    guard let missing = try WriterRights.missing(on: connection) else {
      return [.ok("permissions", "this user may write what the job writes")]
    }
    return [
      .fail(
        "permissions",
        "this user lacks \(missing)",
        advice: "GRANT firstclick_writer to this user."
      )
    ]
  }
}
