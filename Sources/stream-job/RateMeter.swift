/// A rate over about the last second, from totals sampled now and then.
struct RateMeter {
  static let interval: Duration = .milliseconds(500)

  private(set) var perSecond = 0.0
  private var last: (total: Int64, at: ContinuousClock.Instant)?

  /// Call often, also while nothing comes.
  mutating func sample(_ total: Int64, at now: ContinuousClock.Instant = .now) {
    guard let last else { return self.last = (total, now) }
    guard last.at.duration(to: now) >= Self.interval else { return }
    self.last = (total, now)
    let recent = Double(total - last.total) / (last.at.duration(to: now) / .seconds(1))
    perSecond = perSecond == 0 ? recent : (perSecond + recent) / 2
  }
}
