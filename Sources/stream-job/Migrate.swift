import ArgumentParser
import PostgresConnect
import Programs

/// Brings the database to this program's schema.
struct Migrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make or update the tables, views and roles; changes nothing if they are there."
  )

  @OptionGroup var common: CommonOptions

  func run() throws {
    let database = try Destination(common, common.configuration()).requireDatabase(for: "migrate")
    let address = try database.start()
    let outcome = try Self.migrate(address)
    let applied = outcome.applied.map(String.init).joined(separator: ", ")
    print(
      "\(address): schema version \(outcome.version), "
        + (applied.isEmpty ? "nothing to do" : "applied \(applied)")
    )
  }

  /// Applies what is missing, and says on stderr what could not be done but need not stop anything.
  static func migrate(_ address: PostgresAddress) throws -> Migrations.Outcome {
    let connection = try PostgresConnection(address, applicationName: "firstclick migrate")
    defer { connection.close() }
    let outcome = try Migrations(on: connection).apply()
    if let notice = outcome.rolesNotice { Console.shared.write("stream-job: warning: \(notice)") }
    return outcome
  }
}
