import Dataflow

/// How long events are on their way to the log.
struct Delays {
  private static let leastLateness = EventSpan.minutes(5)
  private static let mostLateness = EventSpan.hours(3)

  private let disorder: EventSpan
  private var random: RandomNumbers
  private var lateShare: Share
  private(set) var lateCount = 0

  init(plan: Plan, bucketWidth: EventSpan) {
    // A bucket may put an event behind others that arrive up to its width later.
    let bucket = plan.isWallClock ? 0 : bucketWidth.microseconds
    disorder = EventSpan(microseconds: max(0, plan.disorder.microseconds - bucket))
    random = RandomNumbers(seed: plan.seed, stream: .delays)
    lateShare = Share(plan.late, random: RandomNumbers(seed: random.next(), stream: .delays))
  }

  /// Of a good event: up to the disorder, or late.
  @inline(__always)
  mutating func next() -> EventSpan {
    guard lateShare.next() else { return draw(in: EventSpan(microseconds: 0), disorder) }
    lateCount += 1
    return draw(in: Self.leastLateness + disorder, Self.greatestLateness(disorder))
  }

  /// From a message to its resend: mostly up to a minute, one time in ten up to two hours.
  mutating func nextResend() -> EventSpan {
    random.below(10) == 0
      ? draw(in: .minutes(5), .hours(2)) : draw(in: EventSpan(microseconds: 1), .minutes(1))
  }

  /// 3 hours, or more where the disorder is out of the ordinary.
  static func greatestLateness(_ disorder: EventSpan) -> EventSpan {
    max(mostLateness, leastLateness + disorder + .minutes(5))
  }

  @inline(__always)
  private mutating func draw(in least: EventSpan, _ most: EventSpan) -> EventSpan {
    let width = Double(most.microseconds - least.microseconds)
    return EventSpan(microseconds: least.microseconds + Int64(random.unit() * width))
  }
}

extension EventSpan {
  static func + (left: EventSpan, right: EventSpan) -> EventSpan {
    EventSpan(microseconds: left.microseconds + right.microseconds)
  }
}
