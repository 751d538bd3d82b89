import Dataflow
import Foundation
import TestSupport

/// An event as the tests make it.
struct MadeEvent: Equatable {
  var id: String
  var user: String
  /// Microseconds.
  var time: Int64
  /// In hundredths, of a checkout.
  var amount = 0
  var product = ""
}

/// A shop's events, with ties, resends, and users that never check out.
struct EventWorld {
  var clicks: [MadeEvent] = []
  var checkouts: [MadeEvent] = []

  /// Makes them in a span of so many seconds; few users make long chains.
  init(seed: UInt64, clicks clickCount: Int, checkouts checkoutCount: Int, users: Int, span: Int64)
  {
    var random = SplitMix64(seed: seed)
    func time() -> Int64 {
      1_735_689_600_000_000 + Int64.random(in: 0...span * 4, using: &random) * 250_000
    }
    for index in 0..<clickCount {
      if index.isMultiple(of: 17), let resent = clicks.randomElement(using: &random) {
        // A resend is the same event; now and then a producer gives it another time.
        clicks.append(resent)
        if index.isMultiple(of: 2) { clicks[index].time = time() }
        continue
      }
      clicks.append(
        MadeEvent(
          id: "c\(random.next() % 10_000_000)",
          user: "u\(Int.random(in: 0..<users, using: &random))",
          time: time(),
          product: "p\(Int.random(in: 0..<50, using: &random)), \"the\" best\nso far"
        )
      )
    }
    for index in 0..<checkoutCount {
      if index.isMultiple(of: 13), let resent = checkouts.randomElement(using: &random) {
        checkouts.append(resent)
        continue
      }
      checkouts.append(
        MadeEvent(
          id: "k\(random.next() % 10_000_000)",
          user: "u\(Int.random(in: 0..<users + 2, using: &random))",
          time: time(),
          amount: Int.random(in: 0..<1_000_000, using: &random)
        )
      )
    }
  }

  /// The rows that the rule says, sorted: id, user, click, number of clicks, amount.
  func answers(window: Int64) -> [String] {
    let clicks = Self.distinct(clicks)
    let byUser = Dictionary(grouping: clicks, by: \.user)
    return Self.distinct(checkouts).map { checkout in
      let answer = NaiveAttribution.answer(
        checkout.event,
        clicks: (byUser[checkout.user] ?? []).map(\.event),
        window: .seconds(window)
      )
      let amount = "\(checkout.amount / 100)." + "\(100 + checkout.amount % 100)".dropFirst()
      return [
        checkout.id, checkout.user, answer.clickID ?? "", "\(answer.clicksInWindow)", amount,
      ].joined(separator: "|")
    }.sorted()
  }

  /// Gives one in so many events the id of an earlier one, whose user is mostly another.
  mutating func shareIDs(seed: UInt64, oneIn count: Int) {
    var random = SplitMix64(seed: seed)
    func share(_ events: inout [MadeEvent]) {
      for index in events.indices.dropFirst() where random.next() % UInt64(count) == 0 {
        events[index].id = events[Int.random(in: 0..<index, using: &random)].id
      }
    }
    share(&clicks)
    share(&checkouts)
  }

  /// Of the events of one id the first.
  private static func distinct(_ events: [MadeEvent]) -> [MadeEvent] {
    var seen: Set<String> = []
    return events.filter { seen.insert($0.id).inserted }
  }
}

extension MadeEvent {
  fileprivate var event: NaiveAttribution.Event {
    NaiveAttribution.Event(id: id, user: user, time: .init(microseconds: time))
  }

  fileprivate var timeText: String {
    let seconds = Date(timeIntervalSince1970: Double(time / 1_000_000)).formatted(.iso8601)
    return seconds.dropLast() + "." + "\(1_000_000 + time % 1_000_000)".dropFirst() + "Z"
  }

  private var amountText: String { "\(amount / 100).\("\(100 + amount % 100)".dropFirst())" }

  /// A line of JSON; a click if it has a product.
  var json: String {
    let place = "\"event_id\":\"\(id)\",\"user_id\":\"\(user)\",\"timestamp\":\"\(timeText)\""
    if product.isEmpty {
      return "{\(place),\"total_amount\":\(amountText),\"items\":[{\"quantity\":1}]}"
    }
    let name = product.replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    return "{\(place),\"product_id\":\"\(product.prefix { $0 != "," })\","
      + "\"product_name\":\"\(name)\",\"referrer\":\"direct\"}"
  }

  /// A row of CSV, columns as in `csvHeader`.
  var csv: String {
    if product.isEmpty {
      return "\(amountText),\(timeText),\(user),\(id),\"[{\"\"quantity\"\":1}]\""
    }
    let name = product.replacing("\"", with: "\"\"")
    return "direct,\"\(name)\",\(product.prefix { $0 != "," }),\(timeText),\(user),\(id),ignored"
  }

  var csvHeader: String {
    product.isEmpty
      ? "total_amount,timestamp,user_id,event_id,items"
      : "referrer,product_name,product_id,timestamp,user_id,event_id,other"
  }
}

enum EventFileFormat: String, CaseIterable {
  case csv, jsonl
}

extension [MadeEvent] {
  func text(_ format: EventFileFormat) -> String {
    switch format {
    case .jsonl: return map { $0.json + "\n" }.joined()
    case .csv:
      return (first.map { $0.csvHeader + "\r\n" } ?? "") + map { $0.csv + "\r\n" }.joined()
    }
  }

  /// Writes the events into files of these many each; returns their pattern.
  func write(
    _ format: EventFileFormat,
    into directory: String,
    named name: String,
    eachOf count: Int
  ) throws -> String {
    for (number, start) in stride(from: 0, to: self.count, by: count).enumerated() {
      let part = Array(self[start..<Swift.min(start + count, self.count)])
      let path = "\(directory)/\(name)-\(String(format: "%04d", number)).\(format.rawValue)"
      try part.text(format).write(toFile: path, atomically: false, encoding: .utf8)
    }
    return "\(directory)/\(name)-*.\(format.rawValue)"
  }
}
