import ArgumentParser
import Programs

/// The batch path: files in, tables or files out, by the same rule as the stream.
struct BatchJob: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch-job",
    abstract: "Attributes files of events, and makes daily figures of orders.",
    version: Program.version,
    subcommands: [Attribute.self, KPIs.self, PipelineCommand.self]
  )

  func run() throws {
    throw Failure.notBuilt(
      "batch-job",
      promise: "attribute will answer files of clicks and checkouts like stream-job, "
        + "kpis will make daily figures of orders, and pipeline will run both"
    )
  }
}

extension Failure {
  /// What stands for a path that later versions have.
  static func notBuilt(_ path: String, promise: String) -> Failure {
    Failure(
      .failed,
      "\(path) is not built yet: \(promise)",
      hint: "Attribute a log with `stream-job run --until-end` meanwhile."
    )
  }
}
