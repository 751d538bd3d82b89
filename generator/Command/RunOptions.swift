import ArgumentParser
import Dataflow
import Logging
import Programs

/// How much is made, how fast, and for which time.
struct PaceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write so many events per second, with the time of the clock.",
      discussion: "With --start or --span, with times of those. Ends at --events, --duration or "
        + "an interrupt.",
      valueName: "EVENTS/S"
    ),
    transform: parseSetting
  )
  var rate: EventRate?

  @Flag(help: "Write as fast as it goes (default without --rate and --every).")
  var maxSpeed = false

  @Option(
    help: ArgumentHelp(
      "Good events, clicks and checkouts, each counted once. Default at --max-speed 100000.",
      valueName: "N"
    ),
    transform: parseSetting
  )
  var events: PositiveCount?

  @Option(
    help: ArgumentHelp(
      "Make events for so long by the clock.",
      discussion: "Where --rate is out of reach, fewer events than were due by then.",
      valueName: "D"
    ),
    transform: parseSetting
  )
  var duration: Duration?

  @Option(
    help: ArgumentHelp("Make a burst so often (default 5m with --batch).", valueName: "D"),
    transform: parseSetting
  )
  var every: EventSpan?

  @Option(
    help: ArgumentHelp("Events of a burst (default 100 with --every).", valueName: "N"),
    transform: parseSetting
  )
  var batch: PositiveCount?

  @Option(
    help: ArgumentHelp(
      "Time of the first event.",
      discussion: "Default: so that the last one is now, or a day ago where only --duration ends "
        + "the run; with --seed 2025-01-01T00:00:00Z, so that the same options give the same bytes.",
      valueName: "TIME"
    ),
    transform: parseSetting
  )
  var start: EventTime?

  @Option(
    help: ArgumentHelp(
      "Spread the events evenly over so much event time, default 1d.",
      discussion: "Needs --events, or --rate and --duration: where at --max-speed only --duration "
        + "ends the run, events are 0.1 ms apart.",
      valueName: "D"
    ),
    transform: parseSetting
  )
  var span: EventSpan?
}

/// Who and what is in the events, and what goes wrong with them.
struct ContentOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Users, default 10000.", valueName: "N"), transform: parseSetting)
  var users: PositiveCount?

  @Option(help: ArgumentHelp("Products, default 5000.", valueName: "N"), transform: parseSetting)
  var products: PositiveCount?

  @Option(
    help: ArgumentHelp(
      "What random numbers start from; default: a new one each time, which is shown.",
      discussion: "The same seed and options give the same bytes, and so the same event_ids "
        + "(with --rate, times are those of the clock).",
      valueName: "N"
    ),
    transform: parseSetting
  )
  var seed: Seed?

  @Option(
    help: ArgumentHelp("Of the events: checkouts. Default 1/6.", valueName: "F"),
    transform: parseSetting
  )
  var checkoutShare: ShareOfEvents?

  @Option(
    help: ArgumentHelp("How far the log is out of order, default 30s.", valueName: "D"),
    transform: parseSetting
  )
  var disorder: EventSpan?

  @Option(
    help: ArgumentHelp(
      "Of the events: those that arrive 5 min (beyond the disorder) to 3 h late.",
      discussion: "At the end of the log and between bursts nothing newer comes before them, which "
        + "makes them late: use a --span of many hours. The truth takes them in.",
      valueName: "F"
    ),
    transform: parseSetting
  )
  var late: ShareOfEvents?

  @Option(
    help: ArgumentHelp("Of the events: those sent a second time.", valueName: "F"),
    transform: parseSetting
  )
  var duplicates: ShareOfEvents?

  @Option(
    help: ArgumentHelp(
      "Of the checkouts without an edge: those of users who never click.",
      valueName: "F"
    ),
    transform: parseSetting
  )
  var orphans: ShareOfEvents?

  @Option(
    help: ArgumentHelp(
      "Messages that do not fit the contract, for each good event.",
      valueName: "F"
    ),
    transform: parseSetting
  )
  var malformed: ShareOfEvents?

  @Option(
    help: ArgumentHelp(
      "Of the clicks that follow no other so: those followed by another of the user at the same "
        + "microsecond.",
      valueName: "F"
    ),
    transform: parseSetting
  )
  var ties: ShareOfEvents?

  @Option(
    help: ArgumentHelp(
      "Of the checkouts: those with a click exactly at, or 1 us beyond, an end of the hour.",
      discussion: "Half of them come an hour after their click, if the run lasts so long.",
      valueName: "F"
    ),
    transform: parseSetting
  )
  var edges: ShareOfEvents?
}

/// Where it all goes.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "file:DIR, kafka://HOST:PORT[,HOST:PORT]/PREFIX or kinesis://REGION/PREFIX, appended to.",
      discussion: "Default file:.firstclick/log. How a Kafka cluster is reached stands in "
        + "FIRSTCLICK_KAFKA_* (FIRSTCLICK_KAFKA_SECURITY_PROTOCOL) or the config file "
        + "(kafka.security.protocol), as any property of librdkafka. Kinesis takes credentials "
        + "where AWS's own programs do (AWS_ACCESS_KEY_ID, AWS_PROFILE, a role), and another "
        + "address as kinesis://REGION/PREFIX?endpoint=https://HOST:PORT.",
      valueName: "URI"
    )
  )
  var to: String?

  @Option(
    help: ArgumentHelp(
      "Partitions of a new log, default 4; of an existing one: must be what it has.",
      valueName: "N"
    ),
    transform: parseSetting
  )
  var partitions: PositiveCount?

  @Option(
    help: ArgumentHelp(
      "Copies that brokers keep of new Kafka topics; default: what they have as theirs.",
      valueName: "N"
    ),
    transform: parseSetting
  )
  var replicationFactor: PositiveCount?

  @Flag(help: "Make Kinesis streams that are missing, in on-demand mode.")
  var createStreams = false

  @Option(
    help: ArgumentHelp(
      "Also write the right answer for this run's checkouts, as CSV.",
      valueName: "FILE"
    ),
    transform: parseSetting
  )
  var truth: String?

  @Option(
    help: ArgumentHelp(
      "trace, debug, info, notice, warning, error or critical.",
      valueName: "LEVEL"
    ),
    transform: parseSetting
  )
  var logLevel: Logger.Level?

  @OptionGroup var config: ConfigOptions
}
