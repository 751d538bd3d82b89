import ArgumentParser
import PostgresConnect
import Programs

/// Says where the answers are: `psql "$(stream-job address)"`.
struct Address: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the database's address for psql; starts the private PostgreSQL.",
    discussion:
      "A password is left out: psql finds it where this program does, in PGPASSWORD or PGPASSFILE."
  )

  @OptionGroup var target: DatabaseOptions
  @OptionGroup var config: ConfigOptions

  func run() throws {
    let database = try target.database(config.configuration(of: .streamJob), for: "address")
    switch database {
    case .server(let address): print(address)
    case .privateCluster:
      print(try database.startExisting(madeBy: "stream-job run").connectionString)
    }
  }
}
