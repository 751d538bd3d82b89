import Connect
import Dataflow
import Foundation
import Testing

@testable import Generation

@Suite struct GeneratorTests {
  @Test func `the same plan gives the same bytes, however it is stepped`() throws {
    let first = try Plan.rough().make(stride: 5_000)
    let second = try Plan.rough().make(stride: 7)
    #expect(first.log.bytes == second.log.bytes)
    #expect(first.statistics == second.statistics)
  }

  @Test func `every line comes with its user as the key, in the key's partition`() throws {
    let log = try Plan.rough().make(partitions: 3).log
    for stream in StreamKind.allCases {
      for partition in 0..<3 {
        let keys = log.keys[stream, default: []][partition]
        let lines = log.lines(of: stream, partition: partition)
        try #require(keys.count == lines.count)
        var named = 0
        for (key, line) in zip(keys, lines) {
          #expect(key.withUnsafeBytes { Murmur2.partition(of: $0, among: 3) } == partition)
          // Some malformed lines name no user, or another.
          let name = Array("\"user_id\":\"".utf8) + key + Array("\"".utf8)
          named += line.indices.contains { line[$0...].starts(with: name) } ? 1 : 0
        }
        #expect(Double(named) > 0.98 * Double(lines.count))
      }
    }
  }

  @Test func `another seed gives other events`() throws {
    let first = DecodedLog(try Plan.small(seed: 1).make().log)
    let second = DecodedLog(try Plan.small(seed: 2).make().log)
    let ids = Set(first.uniqueClicks.map(\.eventID))
    #expect(ids.isDisjoint(with: second.uniqueClicks.map(\.eventID)))
  }

  @Test func `good events are as many as asked for, and the shares are met`() throws {
    let (log, statistics) = try Plan.rough(events: 6_000).make()
    let decoded = DecodedLog(log)
    #expect(decoded.uniqueClicks.count == 5_000)
    #expect(decoded.uniqueCheckouts.count == 1_000)
    #expect(Set(decoded.uniqueClicks.map(\.eventID)).count == 5_000)
    #expect(Set(decoded.uniqueCheckouts.map(\.eventID)).count == 1_000)
    let sent = decoded.clicks.joined().count + decoded.checkouts.joined().count
    #expect(sent - 6_000 == 120)
    #expect(decoded.rejectReasons.count == 120)
    #expect(statistics.duplicates == 120)
    #expect(statistics.malformed == 120)
    #expect(statistics.late == 180)
    #expect((45...51).contains(statistics.orphans))
    #expect((200...250).contains(statistics.ties))
    #expect((95...120).contains(statistics.edges))
  }

  @Test(arguments: [0, 1.0 / 6, 0.5, 0.9, 1])
  func `the share of checkouts is exact to one event`(share: Double) throws {
    var plan = Plan.small(events: 3_000)
    plan.checkoutShare = share
    let checkouts = try plan.make().statistics.checkouts
    #expect(abs(Double(checkouts) - share * 3_000) <= 1)
  }

  @Test func `without late events the log is out of order by no more than the disorder`() throws {
    for seconds in [0, 1, 30, 200] as [Int64] {
      var plan = Plan.small(events: 20_000, span: .hours(1))
      plan.disorder = .seconds(seconds)
      let worst = Self.greatestLag(DecodedLog(try plan.make(partitions: 1).log))
      #expect(worst.microseconds <= seconds * 1_000_000)
      #expect(worst.microseconds >= seconds * 800_000)
    }
  }

  @Test func `late events come 5 minutes to 3 hours behind later ones`() throws {
    var plan = Plan.small(events: 20_000, span: .hours(8))
    plan.late = 0.05
    let decoded = DecodedLog(try plan.make(partitions: 1).log)
    let lags = Self.lags(decoded.clicks[0]) + Self.lags(decoded.checkouts[0])
    let late = lags.filter { $0 > .minutes(5) }
    #expect((950...1_000).contains(late.count))
    #expect(late.allSatisfy { $0 <= .hours(3) })
    #expect(late.contains { $0 > .minutes(150) })
    #expect(late.contains { $0 < .minutes(20) })
  }

  @Test func `event times spread evenly over the span`() throws {
    let plan = Plan.small(events: 6_000, span: .hours(6))
    let times = DecodedLog(try plan.make().log).uniqueClicks.map(\.time)
    let start = plan.schedule.time(of: 0)
    for hour in 0..<6 as Range<Int64> {
      let inHour = times.filter { $0 >= start + .hours(hour) && $0 < start + .hours(hour + 1) }
      #expect(abs(inHour.count - 833) <= 2)
    }
  }

  @Test func `a user's events are in the partition of Kafka's hash`() throws {
    let log = try Plan.rough().make(partitions: 7).log
    let decoded = DecodedLog(log)
    for partition in 0..<7 {
      for message in decoded.clicks[partition] + decoded.checkouts[partition] {
        let expected = Array(message.userID.utf8).withUnsafeBytes {
          Murmur2.partition(of: $0, among: 7)
        }
        #expect(expected == partition)
      }
    }
  }

  @Test func `a checkout's amount is the sum of its items`() throws {
    struct Item: Decodable {
      var price: Decimal
      var quantity: Int
    }
    let decoded = DecodedLog(try Plan.small().make().log)
    for checkout in decoded.uniqueCheckouts {
      let items = try JSONDecoder().decode([Item].self, from: Data(checkout.items.utf8))
      let total = items.reduce(Decimal()) { $0 + $1.price * Decimal($1.quantity) }
      #expect(!items.isEmpty)
      #expect(total == Decimal(checkout.amount) / 100)
    }
  }

  @Test func `orphans' users never click`() throws {
    var plan = Plan.small()
    plan.orphans = 0.5
    let (log, statistics) = try plan.make()
    let decoded = DecodedLog(log)
    let clicking = Set(decoded.uniqueClicks.map(\.userID))
    let orphans = decoded.uniqueCheckouts.filter { !clicking.contains($0.userID) }
    #expect(orphans.count >= statistics.orphans)
    #expect(statistics.orphans > 400)
  }

  @Test func `every line is JSON of the fields that the contract names`() throws {
    let log = try Plan.small(events: 600).make().log
    let clickFields: Set = [
      "event_id", "user_id", "timestamp", "product_id", "product_name", "product_category",
      "product_price", "session_id", "device_type", "page_url", "referrer",
    ]
    let checkoutFields: Set = [
      "event_id", "user_id", "timestamp", "total_amount", "session_id", "payment_method", "items",
      "shipping_address",
    ]
    for (stream, fields) in [(StreamKind.clicks, clickFields), (.checkouts, checkoutFields)] {
      for line in log.lines(of: stream) {
        let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        #expect(object.map { Set($0.keys) } == fields)
      }
    }
  }

  private static func greatestLag(_ log: DecodedLog) -> EventSpan {
    (lags(log.clicks[0]) + lags(log.checkouts[0])).max() ?? .seconds(0)
  }

  /// How far each event stands behind the latest one before it.
  private static func lags(_ messages: [DecodedLog.Message]) -> [EventSpan] {
    var latest = EventTime.beginning
    return messages.map { message in
      latest = max(latest, message.time)
      return EventSpan(microseconds: latest.microseconds - message.time.microseconds)
    }
  }

  /// What arrives while the generator is behind is written then, and not kept until it has caught up.
  @Test func `a generator that is behind the clock writes what it makes`() throws {
    var plan = Plan.small(events: 5_000)
    plan.isWallClock = true
    let log = MemoryLog(partitionCount: 1)
    var generator = try Generator(plan: plan, writer: log)
    let end = plan.schedule.time(of: 5_000)
    for _ in 0..<2 { try generator.make(atMost: 1_000, before: end) }
    try generator.flush()
    #expect(StreamKind.allCases.reduce(0) { $0 + log.lines(of: $1).count } > 1_000)
    try generator.finish()
    #expect(StreamKind.allCases.reduce(0) { $0 + log.lines(of: $1).count } == 2_000)
  }
}
