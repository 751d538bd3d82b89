import ArgumentParser
import Programs

/// A database or files, not both.
struct TargetOptions: ParsableArguments {
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

  /// What was given in the highest place; of both in the environment or in the config file, where
  /// `into` may be meant for other programs too, `out`.
  ///
  /// Where neither was given it is `standard`, or else `DATABASE_URL` or the private cluster.
  func choice(
    _ configuration: Configuration,
    for command: String,
    otherwise standard: Choice? = nil
  ) throws -> Choice {
    let into = try configuration.given("into", option: into)
    if let out = try configuration.given("out", option: out),
      into.map({ $0.origin.layer <= out.origin.layer }) ?? true
    {
      return .files(out.value)
    }
    if into == nil, let standard { return standard }
    return .database(try DatabaseChoice(into?.value, for: command))
  }
}
