import Connect
import Dataflow
import Generation
import Programs

/// How fast events are made, for how long, and which times they have.
struct Pace {
  enum Speed {
    case full
    /// Events per second of the clock.
    case rate(Double)
    /// As the times of the events come due by the clock.
    case due
  }

  private static let defaultEventCount = 100_000
  private static let defaultSpan = EventSpan.hours(24)
  /// The midnight that began the year 2025.
  private static let seededStart = EventTime(microseconds: 1_735_689_600_000_000)
  /// Between events whose number is not known beforehand.
  private static let openStep = 100.0

  let speed: Speed
  let eventCount: Int?
  /// By the clock.
  let duration: Duration?
  let timeline: Timeline
  /// Event times are those of the clock.
  let isWallClock: Bool

  /// - Throws: `.usage` for options that contradict each other.
  init(_ options: PaceOptions, _ configuration: Configuration, hasSeed: Bool) throws(Failure) {
    let rate = try configuration.value("rate", option: options.rate)?.perSecond
    let maxSpeed =
      try configuration.value("max-speed", option: options.maxSpeed ? true : nil) ?? false
    let every = try configuration.value("every", option: options.every)
    let batch = try configuration.value("batch", option: options.batch)?.count
    let start = try configuration.value("start", option: options.start)
    let span = try configuration.value("span", option: options.span)
    duration = try configuration.value("duration", option: options.duration)
    let hasBursts = every != nil || batch != nil
    try Self.refuse(rate != nil && maxSpeed, "--rate and --max-speed")
    try Self.refuse(hasBursts && rate != nil, "--every or --batch and --rate")
    try Self.refuse(hasBursts && span != nil, "--every or --batch and --span")
    if let every, every.microseconds <= 0 {
      throw Failure(.usage, "expected --every to be longer than 0, found \(every.durationText)")
    }

    let isFull = rate == nil && (maxSpeed || !hasBursts)
    let isWallClock = !isFull && start == nil && span == nil
    var count = try configuration.value("events", option: options.events)?.count
    if count == nil, isFull, duration == nil { count = Self.defaultEventCount }
    eventCount = count
    self.isWallClock = isWallClock
    speed = isFull ? .full : rate.map { .rate($0) } ?? .due
    if let rate, !isWallClock, count == nil, let duration {
      count = max(1, Int(rate * (duration / .seconds(1))))
    }

    let now = EventTime.wallClock
    func beginning(ending span: EventSpan) -> EventTime {
      start ?? (isWallClock ? now : hasSeed ? Self.seededStart : now - span)
    }
    if hasBursts {
      let (interval, batch) = (every ?? .minutes(5), batch ?? 100)
      let bursts = Int64(((count ?? 0) + batch - 1) / batch)
      let total = EventSpan(microseconds: interval.microseconds &* bursts)
      timeline = .bursts(start: beginning(ending: total), every: interval, batch: batch)
    } else if let rate, isWallClock || (span == nil && start != nil) {
      timeline = .even(start: beginning(ending: .hours(0)), stepMicroseconds: 1e6 / rate)
    } else if let count {
      let span = span ?? Self.defaultSpan
      timeline = .even(
        start: beginning(ending: span),
        stepMicroseconds: Double(span.microseconds) / Double(count)
      )
    } else {
      try Self.refuse(span != nil, "--span without --events")
      timeline = .even(
        start: beginning(ending: Self.defaultSpan),
        stepMicroseconds: Self.openStep
      )
    }
  }

  private static func refuse(_ isGiven: Bool, _ options: String) throws(Failure) {
    guard isGiven else { return }
    throw Failure(.usage, "\(options) do not go together", hint: "See `generator --help`.")
  }
}
