import ArgumentParser

/// The option of commands that only a database can serve.
package struct DatabaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Database: postgres://...",
      discussion: "Without it: DATABASE_URL, else a private PostgreSQL in .firstclick/postgres.",
      valueName: "URI"
    )
  )
  private var into: String?

  package init() {}

  package func database(
    _ configuration: Configuration,
    for command: String
  ) throws -> DatabaseChoice {
    try DatabaseChoice(configuration.value("into", option: into), for: command)
  }
}
