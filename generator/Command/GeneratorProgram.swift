import ArgumentParser
import Programs

/// The load generator.
struct GeneratorProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generator",
    abstract: "Makes the clicks and checkouts of a shop, with everything that goes wrong.",
    discussion: """
      Without arguments: appends 100,000 events of the last 24 hours to the log in .firstclick/log. \
      Every option may stand in the environment (--checkout-share as FIRSTCLICK_CHECKOUT_SHARE, \
      --late as FIRSTCLICK_GENERATOR_LATE) or in firstclick.yaml (checkout-share: 0.2).
      Exit codes: 0 done; 1 failed; 2 usage; 130 second interrupt.
      """,
    version: Program.version,
    subcommands: [Run.self, SeedUsers.self],
    defaultSubcommand: Run.self
  )
}
