import ArgumentParser
import Logging

/// The option that every command takes: where its settings stand.
package struct ConfigOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Config file, default firstclick.yaml.", valueName: "FILE"))
  private var config: String?

  package init() {}

  /// The settings of the environment and the config file, below the options.
  ///
  /// A mistyped key of the file is refused, one of the environment warned about: a name there may
  /// belong to something else.
  ///
  /// - Throws: `.usage`, see `Configuration`.
  package func configuration(of program: ProgramSettings) throws(Failure) -> Configuration {
    let configuration = try Configuration(of: program, file: config)
    for variable in configuration.strayVariables {
      Program.logger.warning(
        "\(variable) is no setting of any program and not heeded; settings are named like the options"
      )
    }
    return configuration
  }
}
