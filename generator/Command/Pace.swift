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
  /// Microseconds between events whose number is not known beforehand.
  private static let openStep = 100.0
  /// The midnight that began the year 2025.
  private static let seededStart = EventTime(microseconds: 1_735_689_600_000_000)
  /// The midnight that began the year 1900.
  private static let firstDay = EventTime(microseconds: -2_208_988_800_000_000)
  /// The midnight before the last day that ISO 8601 has four digits for.
  private static let lastDay = EventTime(microseconds: 253_402_214_400_000_000)

  let speed: Speed
  let eventCount: Int?
  /// By the clock.
  let duration: Duration?
  let schedule: EventSchedule
  /// Event times are those of the clock.
  let isWallClock: Bool

  /// Decides what was not said; a seed asks for times that do not depend on the clock.
  ///
  /// Throws `.usage` for times that there are not.
  init(_ wishes: PaceWishes, hasSeed: Bool) throws(Failure) {
    let isEndless = !wishes.isFullSpeed || wishes.duration != nil
    eventCount = wishes.eventCount ?? (isEndless ? nil : Self.defaultEventCount)
    duration = wishes.duration
    isWallClock = wishes.isWallClock
    speed = wishes.isFullSpeed ? .full : wishes.rate.map { .rate($0) } ?? .due
    schedule = try Self.schedule(wishes, eventCount: eventCount, hasSeed: hasSeed)
    let last = schedule.time(of: max(0, (eventCount ?? 1) - 1))
    guard schedule.time(of: 0) >= Self.firstDay, last < Self.lastDay else {
      throw Failure(
        .usage,
        "expected event times in the years 1900 to 9999, found others",
        hint: "Choose another --start, or make --span or --every shorter."
      )
    }
  }

  private static func schedule(
    _ wishes: PaceWishes,
    eventCount: Int?,
    hasSeed: Bool
  ) throws(Failure) -> EventSchedule {
    let now = EventTime.wallClock
    func start(ending span: EventSpan) -> EventTime {
      wishes.start ?? (wishes.isWallClock ? now : hasSeed ? seededStart : now - span)
    }
    if let bursts = wishes.bursts {
      let open = EventSchedule.bursts(start: now, every: bursts.interval, batch: bursts.batch)
      let end = open.time(of: max(0, (eventCount ?? 1) - 1))
      let length = EventSpan(microseconds: end.microseconds - now.microseconds)
      return .bursts(start: start(ending: length), every: bursts.interval, batch: bursts.batch)
    }
    if let rate = wishes.rate, wishes.span == nil {
      return .even(start: start(ending: defaultSpan), stepMicroseconds: 1e6 / rate)
    }
    if let count = eventCount ?? countByRate(wishes) {
      let span = wishes.span ?? defaultSpan
      return .even(
        start: start(ending: span),
        stepMicroseconds: Double(span.microseconds) / Double(count)
      )
    }
    guard wishes.span == nil else {
      throw Failure(
        .usage,
        "--span needs the number of events to spread over it",
        hint: "Add --events."
      )
    }
    return .even(start: start(ending: defaultSpan), stepMicroseconds: openStep)
  }

  /// How many events come in the time, where both it and the rate are given.
  private static func countByRate(_ wishes: PaceWishes) -> Int? {
    guard let rate = wishes.rate, let duration = wishes.duration else { return nil }
    return max(1, Int(rate * (duration / .seconds(1))))
  }
}
