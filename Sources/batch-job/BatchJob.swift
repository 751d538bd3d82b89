import ArgumentParser
import Programs

/// The batch path: files in, tables or files out, by the same rule as the stream.
struct BatchJob: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch-job",
    abstract: "Attributes files of events, and makes daily figures of orders.",
    discussion: """
      Without arguments: attributes the log in .firstclick/log, as CSV on standard output. \
      Every option but the lists of files, --once, --runs, --json and --force may stand in the \
      environment (--max-bad-rows as FIRSTCLICK_MAX_BAD_ROWS) or in firstclick.yaml (max-bad-rows: 10).
      Exit codes: 0 done; 1 failed; 2 usage; 130 interrupted: no file or table was written. A pipeline that is \
      interrupted ends with 0, at a second interrupt with 130.
      """,
    version: Program.version,
    subcommands: [Attribute.self, KPIs.self, PipelineCommand.self],
    defaultSubcommand: Attribute.self
  )
}
