import ArgumentParser

/// The micro-batches of an inbox, and the commands around them.
struct PipelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipeline",
    abstract: "Process an inbox of CSV files in micro-batches, into daily figures.",
    discussion: """
      ROOT/input/ receives files named products*, orders* and order_items* (.csv, .csv.gz, .csv.zst). \
      A run takes all that wait once orders and order items are there: checks them, stages their \
      rows, recomputes the days they touch and commits that in one transaction. Then files go to \
      archive/RUN/, those that do not fit to rejected/ with a reason beside each, and \
      results/RUN.json says what was done.
      """,
    subcommands: [
      PipelineRunCommand.self, PipelineStatus.self, PipelineStart.self, PipelineStop.self,
      PipelineUnlock.self,
    ],
    defaultSubcommand: PipelineRunCommand.self
  )
}
