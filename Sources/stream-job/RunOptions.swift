import ArgumentParser
import Attribution
import Connect
import Dataflow
import Logging
import Programs

/// What the commands around a job take: where rows go, and where settings stand.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "postgres://..., csv:DIR, jsonl:FILE or jsonl:-.",
      discussion: "Without it: DATABASE_URL, else a private PostgreSQL in .firstclick/postgres.",
      valueName: "URI"
    )
  )
  var into: String?

  @OptionGroup var config: ConfigOptions

  /// The settings of the environment and the config file, below the options.
  func configuration() throws(Failure) -> Configuration {
    try config.configuration(of: .streamJob)
  }
}

/// What `run` and `start` take.
struct RunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "file:DIR, kafka://HOST:PORT/PREFIX or kinesis://REGION/PREFIX.",
      discussion: "Default file:.firstclick/log.",
      valueName: "URI"
    )
  )
  var from: String?

  @Flag(inversion: .prefixedNo, help: "End at the end of the log, with every answer final.")
  var untilEnd: Bool?

  @Option(
    help: ArgumentHelp("early: rows at once, revised; final: once and exact.", valueName: "WHEN"),
    transform: parseSetting
  )
  var emit: AttributionRule.Emission?

  @Option(
    help: ArgumentHelp(
      "restate: answer again what a late event touches; drop: only list it.",
      discussion: "Default restate; drop into csv: and jsonl:, where late checkouts have no row.",
      valueName: "POLICY"
    ),
    transform: parseSetting
  )
  var late: AttributionRule.LatePolicy?

  @Option(
    help: ArgumentHelp("How late an event may be restated, default 24h.", valueName: "D"),
    transform: parseSetting
  )
  var lateHorizon: EventSpan?

  @Option(
    help: ArgumentHelp(
      "What late events are answered from without a scan, default 512MiB.",
      discussion: "Of all tasks together; taken only while late events come.",
      valueName: "BYTES"
    ),
    transform: parseSetting
  )
  var lateMemory: ByteCount?

  @Option(
    help: ArgumentHelp("How long before a checkout a click counts, default 1h.", valueName: "D"),
    transform: parseSetting
  )
  var window: EventSpan?

  @Option(
    help: ArgumentHelp("The watermark's delay, default 5m.", valueName: "D"),
    transform: parseSetting
  )
  var watermark: EventSpan?

  @Option(
    help: ArgumentHelp("Threads, default one per core.", valueName: "N"),
    transform: parseSetting
  )
  var workers: PositiveCount?

  @Option(
    help: ArgumentHelp("Time between commits, default 250ms.", valueName: "D"),
    transform: parseSetting
  )
  var commitInterval: Duration?

  @Option(
    help: ArgumentHelp("Rows of a commit, default 32MiB.", valueName: "BYTES"),
    transform: parseSetting
  )
  var commitSize: ByteCount?

  @Option(
    help: ArgumentHelp(
      "An input silent for so long holds nothing back, default 30s.",
      valueName: "D"
    ),
    transform: parseSetting
  )
  var idleTimeout: Duration?

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Times far ahead of the clock move no watermark.",
      discussion: "On while tailing, off with --until-end, unless said."
    )
  )
  var futureGuard: Bool?

  @Option(
    help: ArgumentHelp(
      "fail: end where the log has lost records; skip: note the gap and go on.",
      discussion: "Default fail. Gaps are listed in log_gaps, by status and by verify.",
      valueName: "POLICY"
    ),
    transform: parseSetting
  )
  var onGap: GapPolicy?

  @Option(
    help: ArgumentHelp(
      "trace, debug, info, notice, warning, error or critical.",
      valueName: "LEVEL"
    ),
    transform: parseSetting
  )
  var logLevel: Logger.Level?
}
