import ArgumentParser
import InboxPipeline
import Logging
import Programs

/// What every command of the pipeline takes.
struct PipelineCommonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The inbox: the directory that holds input/.", valueName: "DIR"))
  var root: String?

  @OptionGroup var target: DatabaseOptions
  @OptionGroup var config: ConfigOptions

  /// The settings of the environment and the config file, below the options.
  func configuration() throws(Failure) -> Configuration {
    try config.configuration(of: .batchJob)
  }

  func inbox(_ configuration: Configuration) throws -> InboxDirectory {
    guard let root = try configuration.value("root", option: root) else {
      throw Failure(
        .usage,
        "expected --root DIR, the directory that holds input/",
        hint: "See `batch-job pipeline --help`."
      )
    }
    return try InboxDirectory(root: root)
  }

  func database(_ configuration: Configuration) throws -> DatabaseChoice {
    try target.database(configuration, for: "batch-job pipeline")
  }
}

/// When runs begin.
struct ScheduleOptions: ParsableArguments {
  @Flag(help: "One run, now.")
  var once = false

  @Option(
    help: ArgumentHelp("A run every so often, such as 5m.", valueName: "D"),
    transform: parseSetting
  )
  var every: SchedulePeriod?

  @Option(
    help: ArgumentHelp("A run each day at a time, UTC, such as 02:00.", valueName: "HH:MM"),
    transform: parseSetting
  )
  var daily: Schedule.TimeOfDay?

  var isEmpty: Bool { !once && every == nil && daily == nil }

  func validate() throws {
    guard [once, every != nil, daily != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("expected one of --once, --every and --daily, found more")
    }
  }

  /// What the options say, or else the environment and the config file; nil if nothing does.
  func schedule(_ configuration: Configuration) throws(Failure) -> Schedule? {
    if once { return .once }
    if let every { return .every(every.span) }
    if let daily { return .daily(daily) }
    let period: GivenSetting<SchedulePeriod>? = try configuration.given("every", option: nil)
    let time: GivenSetting<Schedule.TimeOfDay>? = try configuration.given("daily", option: nil)
    if let period = try period?.unlessReplaced(by: time?.origin) {
      return .every(period.value.span)
    }
    return time.map { .daily($0.value) }
  }
}

/// What `run` and `start` take.
struct PipelineRunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long a file has to be unchanged before it is taken, default 5s.",
      valueName: "D"
    ),
    transform: parseSetting
  )
  var quiet: Duration?

  @Option(
    help: ArgumentHelp(
      "Malformed rows that a file may have, default any number.",
      discussion: "They are counted and left out, as other rejected rows are.",
      valueName: "N"
    ),
    transform: parseSetting
  )
  var maxBadRows: Count?

  @Option(
    help: ArgumentHelp(
      "How long a run may be silent before another takes over, default 30s.",
      valueName: "D"
    ),
    transform: parseSetting
  )
  var lease: Duration?

  @Option(
    help: ArgumentHelp(
      "Command that is given each result on its standard input.",
      discussion: "Its words are passed as they are, without a shell.",
      valueName: "COMMAND"
    )
  )
  var notifyCommand: String?

  @Flag(inversion: .prefixedNo, help: "Give the command to /bin/sh.")
  var notifyShell: Bool?

  @Option(
    help: ArgumentHelp(
      "URL that each result is posted to.",
      discussion: """
        One with a secret in it goes into FIRSTCLICK_NOTIFY_URL, or a file named by \
        FIRSTCLICK_NOTIFY_URL_FILE. A bearer token: FIRSTCLICK_NOTIFY_TOKEN or ..._TOKEN_FILE.
        """,
      valueName: "URL"
    )
  )
  var notifyURL: String?

  @Option(
    help: ArgumentHelp(
      "trace, debug, info, notice, warning, error or critical.",
      valueName: "LEVEL"
    ),
    transform: parseSetting
  )
  var logLevel: Logger.Level?
}
