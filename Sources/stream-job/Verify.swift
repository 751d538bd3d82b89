import ArgumentParser
import PostgresConnect
import Programs

/// Holds what is stored against the plain SQL of the rule.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare every answer with the plain SQL of the rule; exit code 3 if one differs.",
    discussion: """
      Runs LEFT JOIN + ROW_NUMBER over raw_clicks and raw_checkouts, compares both ways with \
      attributed_checkouts, and accounts for every record that was read. Changes nothing.
      """
  )

  @OptionGroup var target: DatabaseOptions
  @OptionGroup var config: ConfigOptions

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  func run() throws {
    let database = try target.database(config.configuration(of: .streamJob), for: "verify")
    let report = try Verification(of: database.startMigrated(madeBy: "stream-job run")).run()
    if json {
      try print(report.json)
    } else {
      report.lines.forEach { print($0) }
    }
    if !report.holds { throw ExitCode(Failure.Kind.difference.rawValue) }
  }
}
