import ArgumentParser
import PostgresConnect
import Programs

/// Brings the database to this program's schema.
struct Migrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make or update the tables, views and roles; changes nothing if they are there."
  )

  @OptionGroup var target: DatabaseOptions
  @OptionGroup var config: ConfigOptions

  func run() throws {
    let database = try target.database(config.configuration(of: .streamJob), for: "migrate")
    Interrupts.watch(endingWith: 130)
    let (address, outcome) = try database.prepare()
    print("\(address): schema version \(outcome.version), \(work(of: outcome))")
  }

  private func work(of outcome: Migrations.Outcome) -> String {
    guard outcome.applied.isEmpty else {
      return "applied \(outcome.applied.map(String.init).joined(separator: ", "))"
    }
    return outcome.hasAddedRoles ? "made the roles" : "nothing to do"
  }
}
