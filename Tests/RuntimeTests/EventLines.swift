import Connect
import Dataflow
import Events
import TestSupport

/// A click or checkout as a line of JSON.
func line(
  _ stream: StreamKind,
  _ id: String,
  user: String,
  at time: EventTime
) -> String {
  let common = "\"event_id\":\"\(id)\",\"user_id\":\"\(user)\",\"timestamp\":\"\(time.iso8601)\""
  return switch stream {
  case .clicks: "{\(common),\"product_id\":\"p\(id)\",\"referrer\":\"ads\"}"
  case .checkouts: "{\(common),\"total_amount\":12.50}"
  }
}

extension EventTime {
  /// So many seconds into the day that the tests play on.
  static func at(_ seconds: Double) -> EventTime {
    EventTime(microseconds: 1_790_000_000_000_000 + Int64(seconds * 1_000_000))
  }
}

/// A seeded log with everything that makes attribution hard: disorder, late events, resends, ties,
/// clicks exactly a window before a checkout, orphans and messages that are no events.
struct RandomLog {
  var users = 12
  var clicks = 400
  var checkouts = 120
  /// In seconds.
  var span = 6.0 * 3600

  /// A line on its way into the log.
  struct Arrival {
    var arrival: Double
    var stream: StreamKind
    var user: Int
    var line: String
  }

  /// Appends the events of `part` (0-based) of a longer story to the log.
  func append(to log: MemoryLog, partitions: Int, seed: UInt64, part: Int = 0) {
    for arrival in arrivals(seed: seed, part: part) {
      log.append([arrival.line], to: arrival.stream, partition: arrival.user % partitions)
    }
  }

  /// The events of `part` (0-based) of a longer story, in the order of arrival.
  func arrivals(seed: UInt64, part: Int = 0) -> [Arrival] {
    var random = SplitMix64(seed: seed &+ UInt64(part) &* 1000)
    let start = Double(part) * span
    var arrivals: [Arrival] = []
    for (stream, count) in [(StreamKind.clicks, clicks), (.checkouts, checkouts)] {
      for index in 0..<count {
        // Whole half minutes make ties and exact distances likely.
        let time = start + Double(Int.random(in: 0...Int(span / 30), using: &random)) * 30
        let user = Int.random(in: 0..<users, using: &random)
        var arrival = time + Double.random(in: 0..<200, using: &random)
        switch Int.random(in: 0..<40, using: &random) {
        case 0: arrival += Double.random(in: 300..<10_800, using: &random)
        case 1: arrival += 30 * 3600
        default: break
        }
        let text = line(
          stream,
          "\(stream.rawValue.prefix(2))-\(part)-\(index)",
          user: "u\(user)",
          at: .at(time)
        )
        arrivals.append(Arrival(arrival: arrival, stream: stream, user: user, line: text))
        if Int.random(in: 0..<15, using: &random) == 0 {
          let resend = arrival + Double.random(in: 0..<9000, using: &random)
          arrivals.append(Arrival(arrival: resend, stream: stream, user: user, line: text))
        }
        if Int.random(in: 0..<30, using: &random) == 0 {
          let broken = "{\"event_id\": \(index)"
          arrivals.append(Arrival(arrival: arrival, stream: stream, user: user, line: broken))
        }
      }
    }
    return arrivals.sorted { $0.arrival < $1.arrival }
  }
}
