import ArgumentParser
import Programs

/// A database or files, not both.
struct Destination: ParsableArguments {
  /// What was chosen, by options, environment or config file.
  enum Choice {
    case database(DatabaseChoice)
    /// A file's path; for kpis a directory's.
    case files(String)
  }

  @Option(help: "Database to write into: postgres://..., default the private cluster.")
  var into: String?

  @Option(help: "CSV file to write instead; for kpis a directory.")
  var out: String?

  func validate() throws {
    guard into == nil || out == nil else {
      throw ValidationError("expected --into or --out, found both")
    }
    guard out?.isEmpty != true else {
      throw ValidationError("expected a path for --out, found none")
    }
  }

  /// An option wins over the settings; of the settings `out` does.
  func choice(_ configuration: Configuration, for command: String) throws -> Choice {
    if into == nil, let path = try configuration.value("out", option: out) { return .files(path) }
    let address = try configuration.value("into", option: into)
    return .database(try DatabaseChoice(address, for: command))
  }
}
