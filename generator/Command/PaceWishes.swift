import Connect
import Dataflow
import Programs

/// What was said about pace and times, in options, environment or config file.
struct PaceWishes {
  let rate: Double?
  let isMaxSpeed: Bool
  let eventCount: Int?
  let duration: Duration?
  let start: EventTime?
  let span: EventSpan?
  let bursts: Bursts?

  struct Bursts {
    let interval: EventSpan
    let batch: Int
  }

  /// Throws `.usage` for what goes not together.
  init(_ options: PaceOptions, _ configuration: Configuration) throws(Failure) {
    rate = try configuration.value("rate", option: options.rate)?.perSecond
    isMaxSpeed =
      try configuration.value("max-speed", option: options.maxSpeed ? true : nil) ?? false
    eventCount = try configuration.value("events", option: options.events)?.count
    duration = try configuration.value("duration", option: options.duration)
    start = try configuration.value("start", option: options.start)
    span = try configuration.value("span", option: options.span)
    let interval = try configuration.value("every", option: options.every)
    let batch = try configuration.value("batch", option: options.batch)?.count
    let hasBursts = interval != nil || batch != nil
    bursts = hasBursts ? Bursts(interval: interval ?? .minutes(5), batch: batch ?? 100) : nil
    try Self.refuse(rate != nil && isMaxSpeed, "--rate and --max-speed")
    try Self.refuse(hasBursts && rate != nil, "--every or --batch and --rate")
    try Self.refuse(hasBursts && span != nil, "--every or --batch and --span")
    if let interval, interval.microseconds <= 0 {
      throw Failure(.usage, "expected --every to be longer than 0, found \(interval.durationText)")
    }
  }

  /// Without a rate and bursts there is nothing to wait for.
  var isFullSpeed: Bool { rate == nil && (isMaxSpeed || bursts == nil) }

  /// True if events have the times of the clock.
  var isWallClock: Bool { !isFullSpeed && start == nil && span == nil }

  private static func refuse(_ isGiven: Bool, _ options: String) throws(Failure) {
    guard isGiven else { return }
    throw Failure(.usage, "\(options) do not go together", hint: "Leave one of them out.")
  }
}
