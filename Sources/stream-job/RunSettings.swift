import Attribution
import Connect
import Dataflow
import Logging
import PostgresConnect
import Programs
import Runtime

/// What a run is to do, after options, environment and config file were laid over the defaults.
struct RunSettings {
  static let defaultSource = "file:.firstclick/log"
  private static let futureGuard = EventSpan.minutes(5)

  var source: SourceChoice
  /// What reading does where the log has lost records.
  var gapPolicy: GapPolicy
  var destination: Destination
  /// Settings that were given and have no meaning for a sink whose rows are never revised.
  private(set) var unheeded: [String] = []
  /// What a database's sink may remember of stored events, in bytes.
  var lateByteCount: Int
  var job: StreamingJob.Settings
  var logLevel: Logger.Level

  /// - Throws: `.usage`, before anything is touched.
  init(_ options: RunOptions, _ common: CommonOptions) throws {
    let configuration = try common.configuration()
    source = try SourceChoice(
      StreamURI(parsing: configuration.value("from", option: options.from) ?? Self.defaultSource),
      configuration
    )
    gapPolicy = try configuration.value("on-gap", option: options.onGap) ?? .fail
    destination = try Destination(common, configuration)
    if case .files = destination {
      let sink = try configuration.given("into", option: common.into)?.origin
      unheeded = [
        try Self.text(of: .restate, configuration.given("late", option: options.late), from: sink),
        try Self.text(of: .early, configuration.given("emit", option: options.emit), from: sink),
      ].compactMap(\.self)
    }
    lateByteCount =
      try configuration.value("late-memory", option: options.lateMemory)?.byteCount
      ?? PostgresSink.defaultRecentByteCount
    job = try Self.job(options, configuration)
    logLevel = try configuration.value("log-level", option: options.logLevel) ?? .info
  }

  /// Whether the next run cannot go on where this one is stopped, though it has an end to come to.
  var isAllOrNothing: Bool {
    guard case .files = destination else { return false }
    return job.untilEnd
  }

  var logger: Logger {
    Logger(label: "stream-job") { ConsoleLog(name: $0, level: logLevel) }
  }

  /// A setting with which rows would be revised, if it was given.
  ///
  /// Given below the place that names the sink, it was meant for another: it is left out then.
  private static func text<Value: SettingValue & Equatable>(
    of value: Value,
    _ given: GivenSetting<Value>?,
    from sink: SettingOrigin?
  ) -> String? {
    guard let given, given.value == value else { return nil }
    if let sink, given.origin.layer < sink.layer { return nil }
    return "\(given.origin.place) \(value)"
  }

  private static func job(
    _ options: RunOptions,
    _ configuration: Configuration
  ) throws(Failure) -> StreamingJob.Settings {
    let isUntilEnd = try configuration.value("until-end", option: options.untilEnd) ?? false
    var job = StreamingJob.Settings(untilEnd: isUntilEnd)
    func set<Value: SettingValue>(
      _ path: WritableKeyPath<StreamingJob.Settings, Value>,
      _ key: String,
      _ option: Value?
    ) throws(Failure) {
      if let value = try configuration.value(key, option: option) { job[keyPath: path] = value }
    }
    try set(\.rule.emission, "emit", options.emit)
    try set(\.rule.latePolicy, "late", options.late)
    try set(\.rule.lateHorizon, "late-horizon", options.lateHorizon)
    try set(\.rule.window, "window", options.window)
    guard job.rule.window.microseconds.isMultiple(of: 1_000_000) else {
      throw Failure(
        .usage,
        "could not use the window \(job.rule.window.durationText): expected whole seconds",
        hint: "Write --window 90s, 10m or 1h."
      )
    }
    try set(\.rule.watermarkDelay, "watermark", options.watermark)
    try set(\.commitInterval, "commit-interval", options.commitInterval)
    try set(\.idleTimeout, "idle-timeout", options.idleTimeout)
    if let workers = try configuration.value("workers", option: options.workers) {
      job.workers = workers.count
    }
    if let size = try configuration.value("commit-size", option: options.commitSize) {
      job.commitByteCount = size.byteCount
    }
    if let isGuarded = try configuration.value("future-guard", option: options.futureGuard) {
      job.futureGuard = isGuarded ? futureGuard : nil
    }
    return job
  }
}
