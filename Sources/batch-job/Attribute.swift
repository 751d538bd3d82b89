import ArgumentParser
import Programs

/// First clicks of the checkouts in files.
struct Attribute: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Attribute the checkouts in files to their first clicks. Not built yet."
  )

  @Option(parsing: .upToNextOption, help: "CSV with a header, or JSON lines.")
  var clicks: [String]

  @Option(parsing: .upToNextOption, help: "CSV with a header, or JSON lines.")
  var checkouts: [String]

  @OptionGroup var destination: Destination

  func run() throws {
    throw Failure.notBuilt(
      "batch-job attribute",
      promise: "it will answer \(clicks.count + checkouts.count) files by the rule of stream-job"
    )
  }
}

/// A database or files, not both.
struct Destination: ParsableArguments {
  @Option(help: "Database to write into: postgres://..., default the private cluster.")
  var into: String?

  @Option(help: "CSV file to write instead; for kpis a directory.")
  var out: String?

  func validate() throws {
    guard into == nil || out == nil else {
      throw ValidationError("expected --into or --out, found both")
    }
  }
}
