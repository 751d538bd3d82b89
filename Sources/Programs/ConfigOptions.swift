import ArgumentParser

/// The option that every command takes: where its settings stand.
package struct ConfigOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Config file, default firstclick.yaml.", valueName: "FILE"))
  private var config: String?

  package init() {}

  /// The settings of the environment and the config file, below the options.
  package func configuration(of program: ProgramSettings) throws(Failure) -> Configuration {
    try Configuration(of: program, file: config)
  }
}
