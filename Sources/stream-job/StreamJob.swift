import ArgumentParser
import Programs

/// The streaming job and the commands around it.
struct StreamJob: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream-job",
    abstract: "Attributes every checkout to the first click within the hour before it.",
    discussion: """
      Without arguments: reads the log in .firstclick/log as it grows, and writes into a private \
      PostgreSQL that it makes in .firstclick/postgres. Every option but --json, --watch and \
      --check may stand in the environment (--idle-timeout as FIRSTCLICK_IDLE_TIMEOUT) or in \
      firstclick.yaml (idle-timeout: 30s).
      Exit codes: 0 done; 1 failed; 2 usage; 3 verify found a difference; 130 second interrupt.
      """,
    version: Program.version,
    subcommands: [
      Run.self, Migrate.self, Verify.self, Status.self, Start.self, Stop.self, Address.self,
      Doctor.self,
    ],
    defaultSubcommand: Run.self
  )
}
