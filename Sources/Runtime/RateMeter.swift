/// A rate over about the last second, from totals sampled now and then.
struct RateMeter {
  static let interval: Duration = .milliseconds(500)

  private(set) var perSecond = 0.0
  private var last: (total: Int64, at: ContinuousClock.Instant)?

  func isDue(at now: ContinuousClock.Instant) -> Bool {
    last.map { $0.at.duration(to: now) >= Self.interval } ?? true
  }

  mutating func sample(_ total: Int64, at now: ContinuousClock.Instant) {
    defer { last = (total, now) }
    guard let last, last.at < now else { return }
    let recent = Double(total - last.total) / (last.at.duration(to: now) / .seconds(1))
    perSecond = perSecond == 0 ? recent : (perSecond + recent) / 2
  }
}
