import Connect
import Dataflow
import Events
import Foundation
import Testing

@testable import Generation

@Suite struct TruthTests {
  @Test(arguments: 0..<8 as Range<UInt64>)
  func `the answers are those of the rule over all good events`(seed: UInt64) throws {
    try Self.expectTruth(of: .rough(seed: seed))
  }

  @Test func `few users with many clicks at a few times are answered alike`() throws {
    var plan = Plan.rough()
    plan.schedule = .bursts(
      start: plan.schedule.time(of: 0),
      every: .minutes(30),
      batch: 100
    )
    plan.userCount = 3
    plan.edges = 0.5
    plan.ties = 0.5
    try Self.expectTruth(of: plan)
  }

  @Test(arguments: [50, 200, 1_000])
  func `edges between events that are far apart are answered alike`(eventCount: Int) throws {
    for seed in 0..<10 as Range<UInt64> {
      var plan = Plan.small(events: eventCount, span: .hours(24), seed: seed)
      plan.edges = seed.isMultiple(of: 2) ? 1 : 0.5
      plan.userCount = seed.isMultiple(of: 3) ? 1_000 : 5
      plan.ties = seed.isMultiple(of: 5) ? 0.3 : 0
      plan.disorder = .seconds(seed.isMultiple(of: 7) ? 0 : 240)
      plan.late = seed.isMultiple(of: 4) ? 0.3 : 0
      plan.checkoutShare = 1.0 / Double(2 + seed % 5)
      try Self.expectTruth(of: plan)
      plan.isWallClock = true
      try Self.expectTruth(of: plan)
    }
  }

  @Test func `events put behind in the clock's time are answered alike`() throws {
    var plan = Plan.rough()
    plan.isWallClock = true
    try Self.expectTruth(of: plan)
  }

  @Test func `edges and ties are there to be answered`() throws {
    var plan = Plan.rough(events: 20_000)
    plan.userCount = 2_000
    let decoded = DecodedLog(try plan.make().log)
    let clicks = Dictionary(grouping: decoded.uniqueClicks, by: \.userID)
    var distances: [Int64: Int] = [:]
    for checkout in decoded.uniqueCheckouts {
      for click in clicks[checkout.userID, default: []] {
        distances[checkout.time.microseconds - click.time.microseconds, default: 0] += 1
      }
    }
    let hour: Int64 = 3_600_000_000
    for distance in [hour, hour + 1, 0, -1] { #expect(distances[distance, default: 0] > 50) }
    let moments = clicks.values.flatMap { Dictionary(grouping: $0, by: \.time).values }
    #expect(moments.count { $0.count > 1 } > 500)
  }

  /// Compares the answers with a search over everything in the log.
  private static func expectTruth(of plan: Plan) throws {
    try withTemporaryFile { path in
      let decoded = DecodedLog(try plan.make(truthPath: path).log)
      let clicks = Dictionary(grouping: decoded.uniqueClicks, by: \.userID)
      let expected = decoded.uniqueCheckouts.map { checkout in
        let candidates = clicks[checkout.userID, default: []].filter {
          $0.time <= checkout.time && $0.time >= checkout.time - .hours(1)
        }
        let first = candidates.min {
          ($0.time.microseconds, $0.eventID) < ($1.time.microseconds, $1.eventID)
        }
        let cents = String(checkout.amount % 100)
        return [
          checkout.eventID, checkout.userID, checkout.time.iso8601, first?.eventID ?? "",
          first?.time.iso8601 ?? "", String(candidates.count),
          "\(checkout.amount / 100).\(cents.count < 2 ? "0" : "")\(cents)",
        ].joined(separator: ",")
      }
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      #expect(
        lines.first == """
          checkout_id,user_id,checkout_timestamp,attributed_click_id,first_click_timestamp,\
          clicks_in_window,revenue
          """
      )
      #expect(lines.dropFirst().map(String.init).sorted() == expected.sorted())
    }
  }
}
