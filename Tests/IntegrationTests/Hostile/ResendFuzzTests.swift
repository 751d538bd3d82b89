import TestSupport
import Testing

/// Few ids that are sent again and again under any time, read in many short runs: whatever is taken
/// for a resend, the law holds after each, and no checkout is stored twice, but for those that were
/// dropped.
@Suite struct ResendFuzzTests {
  @Test(arguments: [2, 53, 61, 83])
  func `the law holds however events are sent again`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let trial = try LineTrial()
    var story: [String] = []
    let policy = ["--late", seed % 2 == 0 ? "drop" : "restate"]
    let horizon = ["--late-horizon", seed % 3 == 0 ? "3h" : "24h"]
    for _ in 0..<12 {
      let clicks = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        trial.click("c\(Int.random(in: 0..<4, using: &random))", Self.time(using: &random))
          + Self.perhapsEndOfRead(using: &random)
      }
      let checkouts = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        trial.checkout("k\(Int.random(in: 0..<4, using: &random))", Self.time(using: &random))
          + Self.perhapsEndOfRead(using: &random)
      }
      guard !(clicks + checkouts).isEmpty else { continue }
      let emission = Bool.random(using: &random) ? "final" : "early"
      let isFollowing = Int.random(in: 0..<3, using: &random) > 0
      let options = ["--emit", emission] + policy + horizon
      story += ["\(emission) \(isFollowing ? "follow" : "run")"] + clicks + checkouts
      do {
        if isFollowing {
          try trial.follow(clicks: clicks, checkouts: checkouts, options)
        } else {
          // In one commit, however many reads it takes.
          let options = options + ["--commit-interval", "60s"]
          try trial.run(clicks: clicks, checkouts: checkouts, options)
        }
        try #require(try trial.query(Self.repeated).isEmpty)
      } catch {
        let lines = story.map { $0.replacing(LineTrial.endOfRead, with: " <end of read>") }
        Issue.record("seed \(seed): \(error)\n\(lines.joined(separator: "\n"))")
        return
      }
    }
  }

  private static let repeated = """
    SELECT event_id FROM ecommerce.raw_checkouts AS k
    WHERE NOT EXISTS (
      SELECT FROM ecommerce.late_events AS d
      WHERE d.outcome = 'dropped' AND d.event_id = k.event_id
        AND d.event_timestamp = k.event_timestamp
    )
    GROUP BY event_id HAVING count(*) > 1
    """

  private static func perhapsEndOfRead(using random: inout SplitMix64) -> String {
    Bool.random(using: &random) ? LineTrial.endOfRead : ""
  }

  /// Within seven hours, every ten minutes.
  private static func time(using random: inout SplitMix64) -> String {
    let minutes = Int.random(in: 0..<42, using: &random) * 10
    let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return "0\(hour):\(minute < 10 ? "0" : "")\(minute):00"
  }
}
