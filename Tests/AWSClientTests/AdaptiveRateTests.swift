import AWSClient
import Testing

@Suite struct AdaptiveRateTests {
  @Test func `there is no limit until something is refused`() {
    let start = ContinuousClock.now
    var rate = AdaptiveRate(at: start)
    for second in 0..<10 {
      rate.sent(5000, at: start + .seconds(second))
      rate.accepted(5000, at: start + .seconds(second))
    }
    #expect(rate.limit == nil)
    #expect(rate.burst == nil)
    #expect(rate.nextSend == start)
  }

  /// A place that takes 1000 units a second and refuses what exceeds them.
  @Test func `sending settles close below what the place takes`() throws {
    let start = ContinuousClock.now
    var rate = AdaptiveRate(at: start)
    var now = start
    var taken = 0
    var second = 0
    var totals = (sent: 0, stored: 0)
    while now < start + .seconds(60) {
      now = max(now + .milliseconds(20), rate.nextSend)
      let thisSecond = Int((now - start) / .seconds(1))
      if thisSecond != second { (second, taken) = (thisSecond, 0) }
      let stored = min(100, 1000 - taken)
      taken += stored
      rate.sent(100, at: now)
      if stored == 100 {
        rate.accepted(100, at: now)
      } else {
        rate.throttled(storing: stored, at: now)
      }
      if thisSecond >= 10 { totals = (totals.sent + 100, totals.stored + stored) }
    }
    // Of 50 seconds: most of what can be stored is, and little is sent in vain.
    #expect(totals.stored > 35_000)
    #expect(Double(totals.stored) > 0.9 * Double(totals.sent))
    let limit = try #require(rate.limit)
    #expect(rate.burst == Int(limit / 4))
  }

  @Test func `a pause only makes later`() {
    let start = ContinuousClock.now
    var rate = AdaptiveRate(at: start)
    rate.pause(.seconds(2), at: start)
    rate.pause(.seconds(1), at: start)
    #expect(rate.nextSend == start + .seconds(2))
  }
}
