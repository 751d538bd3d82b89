import Connect
import Foundation
import PostgresConnect

/// A private cluster with its defaults, which the jobs of a run write to, and what they have
/// written to it as binary COPY files on the server.
final class JobDatabase {
  let address: PostgresAddress
  private let control: PostgresConnection
  private let directory: String

  private static let tables = [
    "raw_clicks", "raw_checkouts", "attributions", "late_events", "dead_letters",
    "stream_progress",
  ].map { "ecommerce.\($0)" }

  /// The one of this run; its server stops at the run's end.
  static func shared(in context: BenchmarkContext) throws -> JobDatabase {
    try context.shared("job database") { try JobDatabase(context) }
  }

  private init(_ context: BenchmarkContext) throws {
    let cluster = PrivateCluster(
      directory: try context.directory().appending(path: "postgres-jobs").path
    )
    address = try cluster.start()
    context.atEnd { try? cluster.stop() }
    control = try PostgresConnection(address)
    _ = try Migrations(on: control).apply()
    directory = try control.query("SHOW data_directory").first?.first.flatMap { $0 } ?? ""
  }

  /// Empties the tables, as in a database newly migrated, and leaves the server nothing to write.
  func empty() throws {
    try control.execute("TRUNCATE \(Self.tables.joined(separator: ", "))")
    try control.execute("CHECKPOINT")
  }

  /// Has the server write the raw and attributed rows to files, one of each table for each of
  /// `connections`: attributed rows by task, raw rows in even parts in the order of the table.
  func export(as name: String, connections: Int) throws {
    for part in 0..<connections {
      for table in ["raw_clicks", "raw_checkouts"] {
        try control.execute(
          """
          COPY (
            SELECT (row).* FROM (
              SELECT t AS row, ntile(\(connections)) OVER () AS part FROM ecommerce.\(table) AS t
            ) AS numbered
            WHERE part = \(part + 1)
          ) TO '\(file(name, table, part))' (FORMAT binary)
          """
        )
      }
      try control.execute(
        """
        COPY (SELECT * FROM ecommerce.attributions WHERE task = \(part))
        TO '\(file(name, "attributions", part))' (FORMAT binary)
        """
      )
    }
  }

  /// Loads the files, a connection for each part, a transaction for each file.
  func load(_ name: String, connections: Int) throws {
    let (address, directory) = (address, directory)
    try concurrently(connections) { part in
      let connection = try PostgresConnection(address)
      for table in ["raw_clicks", "raw_checkouts", "attributions"] {
        let file = Self.file(directory, name, table, part)
        try connection.execute("COPY ecommerce.\(table) FROM '\(file)' (FORMAT binary)")
      }
      connection.close()
    }
  }

  private func file(_ name: String, _ table: String, _ part: Int) -> String {
    Self.file(directory, name, table, part)
  }

  private static func file(
    _ directory: String,
    _ name: String,
    _ table: String,
    _ part: Int
  )
    -> String
  {
    "\(directory)/\(name)-\(table)-\(part).copy"
  }
}
