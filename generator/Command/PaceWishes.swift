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

  /// Of what excludes each other, keeps what was said in the highest place.
  ///
  /// Throws `.usage` for what was said in the same place and goes not together.
  init(_ options: PaceOptions, _ configuration: Configuration) throws(Failure) {
    let rate = try configuration.given("rate", option: options.rate)
    let maxSpeed = try configuration.flag("max-speed", option: options.maxSpeed)
    let bursts = try Self.bursts(options, configuration)
    let span = try configuration.given("span", option: options.span)
    self.rate = try rate?.unlessReplaced(by: maxSpeed?.origin, bursts?.origin)?.value.perSecond
    isMaxSpeed = try maxSpeed?.unlessReplaced(by: rate?.origin) != nil
    self.bursts = try bursts?.unlessReplaced(by: rate?.origin, span?.origin)?.value
    self.span = try span?.unlessReplaced(by: bursts?.origin)?.value
    eventCount = try configuration.value("events", option: options.events)?.count
    duration = try configuration.value("duration", option: options.duration)
    start = try configuration.value("start", option: options.start)
  }

  /// One of the two settings is enough; the higher one says where bursts were asked for.
  private static func bursts(
    _ options: PaceOptions,
    _ configuration: Configuration
  ) throws(Failure) -> GivenSetting<Bursts>? {
    let every = try configuration.given("every", option: options.every)
    let batch = try configuration.given("batch", option: options.batch)
    let origins = [every?.origin, batch?.origin].compactMap { $0 }
    guard let origin = origins.max(by: { $0.layer < $1.layer }) else { return nil }
    let bursts = Bursts(interval: every?.value ?? .minutes(5), batch: batch?.value.count ?? 100)
    guard bursts.interval.microseconds > 0 else {
      throw Failure(
        .usage,
        "expected --every to be longer than 0, found \(bursts.interval.durationText)"
      )
    }
    return GivenSetting(value: bursts, origin: origin)
  }

  /// Without a rate and bursts there is nothing to wait for.
  var isFullSpeed: Bool { rate == nil && (isMaxSpeed || bursts == nil) }

  /// True if events have the times of the clock.
  var isWallClock: Bool { !isFullSpeed && start == nil && span == nil }
}
