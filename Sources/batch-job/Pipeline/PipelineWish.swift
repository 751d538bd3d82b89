import Connect
import Dataflow
import Foundation
import InboxPipeline
import Logging
import PostgresConnect
import Programs

/// What a pipeline is to do, after options, environment and config file were laid over the defaults.
struct PipelineWish {
  var inbox: InboxDirectory
  var database: DatabaseChoice
  var schedule: Schedule?
  var logLevel: Logger.Level
  private let quietPeriod: Duration?
  private let leaseDuration: Duration?
  private let badRowLimit: Count?
  private let channels: [any NotificationChannel]

  /// - Throws: `.usage`, before anything is touched.
  init(
    _ common: PipelineCommonOptions,
    _ schedule: ScheduleOptions,
    _ options: PipelineRunOptions
  ) throws {
    let configuration = try common.configuration()
    self.schedule = try schedule.schedule(configuration)
    logLevel = try configuration.value("log-level", option: options.logLevel) ?? .warning
    quietPeriod = try configuration.value("quiet", option: options.quiet)
    badRowLimit = try configuration.value("max-bad-rows", option: options.maxBadRows)
    leaseDuration = try configuration.value("lease", option: options.lease)
    if let leaseDuration, leaseDuration < .seconds(1) {
      throw Failure(.usage, "expected a lease of a second or more", hint: "Write --lease 30s.")
    }
    channels = try Self.channels(options, configuration)
    database = try common.database(configuration)
    inbox = try common.inbox(configuration)
  }

  /// The pipeline's settings, on the database at an address.
  func settings(database address: PostgresAddress) -> PipelineSettings {
    var settings = PipelineSettings(inbox: inbox, database: address)
    if let quietPeriod {
      settings.quietPeriod = EventSpan(microseconds: Int64(quietPeriod / .microseconds(1)))
    }
    if let leaseDuration { settings.leaseDuration = leaseDuration }
    if let badRowLimit { settings.badRowLimit = badRowLimit.count }
    settings.channels = channels
    return settings
  }

  // MARK: - Who is told

  private static func channels(
    _ options: PipelineRunOptions,
    _ configuration: Configuration
  ) throws -> [any NotificationChannel] {
    var channels: [any NotificationChannel] = []
    if let command = try configuration.value("notify-command", option: options.notifyCommand) {
      let inShell = try configuration.value("notify-shell", option: options.notifyShell) ?? false
      channels.append(try CommandHook(command, inShell: inShell))
    }
    let url = try configuration.value("notify-url", option: options.notifyURL)
    if let url = try url ?? secret("FIRSTCLICK_NOTIFY_URL") {
      channels.append(try Webhook(url: url, token: secret("FIRSTCLICK_NOTIFY_TOKEN")))
    }
    return channels
  }

  /// What the variable holds, or the first line of the file that the variable with `_FILE` names.
  private static func secret(_ variable: String) throws(Failure) -> String? {
    let environment = ProcessInfo.processInfo.environment
    if let value = environment[variable] { return value }
    guard let path = environment["\(variable)_FILE"] else { return nil }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let line = text.split(whereSeparator: \.isNewline).first
    else {
      throw Failure(
        .usage,
        "could not read \(variable)_FILE \(path)",
        hint: "Name a readable text file whose first line is the value."
      )
    }
    return String(line)
  }
}
