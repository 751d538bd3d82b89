import ArgumentParser
import Programs

/// The batch path: files in, tables or files out, by the same rule as the stream.
struct BatchJob: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch-job",
    abstract: "Attributes files of events, and makes daily figures of orders.",
    discussion:
      "Without arguments: attributes the log in .firstclick/log, as CSV on standard output.",
    version: Program.version,
    subcommands: [Attribute.self, KPIs.self, PipelineCommand.self],
    defaultSubcommand: Attribute.self
  )
}
