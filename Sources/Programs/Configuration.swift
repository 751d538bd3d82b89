package import Connect
import Foundation

/// The settings of one program: its options, then the environment, then the config file.
///
/// The setting `idle-timeout` of stream-job is, in this order: the option `--idle-timeout`; the
/// variables `FIRSTCLICK_STREAM_JOB_IDLE_TIMEOUT` and `FIRSTCLICK_IDLE_TIMEOUT`; in the config file
/// `idle-timeout` below `stream-job:`, and at the top. The longer forms are for settings that
/// another program has too.
package struct Configuration: Sendable {
  private let program: ProgramSettings
  private let environment: [String: String]
  private let file: ConfigurationFile?

  /// Reads the config file: the one named by the option or `FIRSTCLICK_CONFIG`, otherwise
  /// `firstclick.yaml` in the working directory if there is one.
  ///
  /// - Throws: `.usage` when a named file is missing or has a key that no program knows.
  package init(
    of program: ProgramSettings,
    file path: String?,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Failure) {
    self.program = program
    self.environment = environment
    if let path = path ?? environment["FIRSTCLICK_CONFIG"] {
      file = try ConfigurationFile(path)
    } else if FileManager.default.fileExists(atPath: ConfigurationFile.defaultPath) {
      file = try ConfigurationFile(ConfigurationFile.defaultPath)
    } else {
      file = nil
    }
  }

  /// The setting's value, nil if it is given nowhere.
  ///
  /// - Parameters:
  ///   - key: the option's name without dashes.
  ///   - option: what the command line said; it wins.
  /// - Returns: the value from the first place that gives one.
  /// - Throws: `.usage`, naming the variable, or the file and line, that could not be read.
  package func value<Value: SettingValue>(
    _ key: String,
    option: Value?
  ) throws(Failure) -> Value? {
    try given(key, option: option)?.value
  }

  /// The setting's value as `value` finds it, and where it was given: for settings that exclude
  /// others.
  package func given<Value: SettingValue>(
    _ key: String,
    option: Value?
  ) throws(Failure) -> GivenSetting<Value>? {
    if let option {
      return GivenSetting(value: option, origin: SettingOrigin(.commandLine, "--\(key)"))
    }
    guard let (text, origin) = text(of: key) else { return nil }
    guard let value = Value(settingText: text) else {
      throw Failure(
        .usage,
        "could not read \(origin.place): expected \(Value.expectation), "
          + "found \"\(text.prefix(64))\""
      )
    }
    return GivenSetting(value: value, origin: origin)
  }

  /// A flag that is on, and where it was given; nil for one that is off or given nowhere.
  package func flag(_ key: String, option: Bool) throws(Failure) -> GivenSetting<Bool>? {
    guard let given = try given(key, option: option ? true : nil), given.value else { return nil }
    return given
  }

  /// The settings whose names start with `family` and a dot, such as `kafka.security.protocol`: any
  /// name, for the library behind it to judge.
  ///
  /// In the config file they stand as `kafka.NAME`, or below `kafka:`; in the environment as
  /// `FIRSTCLICK_KAFKA_NAME`, dots turned into underscores.
  ///
  /// - Returns: one a name, sorted, from the first place that gives it.
  package func properties(of family: String) -> [ConnectorProperty] {
    var found: [String: ConnectorProperty] = [:]
    func offer(_ name: String, _ value: String, _ place: String) {
      if found[name] == nil, !name.isEmpty {
        found[name] = ConnectorProperty(name: name, value: value, place: place)
      }
    }
    for prefix in program.variables(of: family + "_") {
      for (variable, text) in environment where variable.hasPrefix(prefix) {
        let name = variable.dropFirst(prefix.count).lowercased().replacing("_", with: ".")
        offer(name, text, variable)
      }
    }
    for prefix in program.paths(of: family + ".") {
      for (path, setting) in file?.settings ?? [:] where path.hasPrefix(prefix) {
        offer(String(path.dropFirst(prefix.count)), setting.text, setting.place)
      }
    }
    return found.values.sorted { $0.name < $1.name }
  }

  /// Environment variables that are named like settings and are none: most likely mistyped.
  ///
  /// Others' settings are known, so that one environment may be for all programs.
  package var strayVariables: [String] {
    environment.keys.filter { variable in
      variable.hasPrefix("FIRSTCLICK_") && !ProgramSettings.knows(variable: variable)
    }.sorted()
  }

  private func text(of key: String) -> (text: String, origin: SettingOrigin)? {
    for variable in program.variables(of: key) {
      if let text = environment[variable] { return (text, SettingOrigin(.environment, variable)) }
    }
    for path in program.paths(of: key) {
      if let setting = file?.settings[path] {
        return (setting.text, SettingOrigin(.file, setting.place))
      }
    }
    return nil
  }
}
