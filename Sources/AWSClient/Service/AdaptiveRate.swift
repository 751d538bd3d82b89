/// How much may be sent to a place that throttles: additive increase, multiplicative decrease.
///
///     no limit --throttled--> 0.7 of what was stored --100 ms without--> a little more ... --> limit
///
/// Until the place first asks for less there is no limit. Afterwards sending keeps just below what
/// the place takes, instead of being refused and trying again. Source: D. Chiu, R. Jain, "Analysis of
/// the Increase and Decrease Algorithms for Congestion Avoidance", 1989.
///
/// Times are of any one clock; no I/O.
package struct AdaptiveRate: Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// Units a second, at least; a shard of Kinesis takes 1000 records.
  private static let least = 200.0
  private static let decrease = 0.7
  /// Units a second, each second.
  private static let increase = 100.0
  /// Refusals within are of the same cause.
  private static let memory = Duration.milliseconds(500)

  /// Units a second; nil: none.
  package private(set) var limit: Double?
  /// Nothing is to be sent before.
  package private(set) var nextSend: Instant

  /// What may be sent at once: a quarter of a second's, so that a second is not used up by one call;
  /// nil: any number.
  package var burst: Int? { limit.map { max(1, Int($0 / 4)) } }

  /// Stored in the current window, which began then; and the rate of the one before.
  private var stored = 0.0
  private var windowStart: Instant
  private var rate: Double?
  private var lastDecrease: Instant?
  private var lastIncrease: Instant

  package init(at now: Instant) {
    nextSend = now
    windowStart = now
    lastIncrease = now
  }

  /// Units were sent: the limit says when more may be.
  package mutating func sent(_ count: Int, at now: Instant) {
    guard let limit else { return }
    nextSend = max(now, nextSend) + .seconds(Double(count) / limit)
  }

  /// Units were stored, and none refused.
  package mutating func accepted(_ count: Int, at now: Instant) {
    measure(count, at: now)
    guard let limit else { return }
    let seconds = max(0, (now - lastIncrease) / .seconds(1))
    self.limit = limit + Self.increase * seconds
    lastIncrease = now
  }

  /// Some were refused, and `count` stored.
  package mutating func throttled(storing count: Int, at now: Instant) {
    measure(count, at: now)
    lastIncrease = now
    if let lastDecrease, now - lastDecrease < Self.memory { return }
    lastDecrease = now
    let elapsed = max((now - windowStart) / .seconds(1), 0.1)
    let measured = rate ?? stored / elapsed
    limit = max(Self.least, Self.decrease * min(limit ?? .infinity, measured))
  }

  /// Nothing is to be sent for so long.
  package mutating func pause(_ duration: Duration, at now: Instant) {
    nextSend = max(nextSend, now + duration)
  }

  /// Windows of at least a second: shards count by the second.
  private mutating func measure(_ count: Int, at now: Instant) {
    stored += Double(count)
    let elapsed = (now - windowStart) / .seconds(1)
    guard elapsed >= 1 else { return }
    rate = stored / elapsed
    stored = 0
    windowStart = now
  }
}
