import Connect

/// A row by the bytes of its columns: Swift's strings take different bytes for equal.
struct ByteRow: Hashable, Comparable, CustomStringConvertible {
  var columns: [[UInt8]?]

  init(_ columns: [String?]) { self.columns = columns.map { $0.map { Array($0.utf8) } } }

  static func < (left: Self, right: Self) -> Bool { left.description < right.description }

  var description: String {
    columns.map {
      $0.map { String(decoding: $0.prefix(80), as: UTF8.self).debugDescription } ?? "-"
    }
    .joined(separator: " | ")
  }
}

/// The rule of SPEC by brute force, over what the writer meant.
struct HostileOracle {
  private(set) var clicks: [HostileEvent] = []
  private(set) var checkouts: [HostileEvent] = []
  private(set) var duplicates: [String: Int] = ["clicks": 0, "checkouts": 0]

  /// Of events with the same id the first in log order counts.
  init(_ events: [(partition: Int, event: HostileEvent)]) {
    var seen: Set<[UInt8]> = []
    for (_, event) in events {
      guard seen.insert(Array((event.stream.rawValue + event.id).utf8)).inserted else {
        duplicates[event.stream.rawValue, default: 0] += 1
        continue
      }
      if event.stream == .clicks { clicks.append(event) } else { checkouts.append(event) }
    }
  }

  /// The columns of `attributed_checkouts` from checkout_id to clicks_in_window, by checkout_id.
  ///
  /// `dropped` are events that count for nothing: stream and id in one.
  func answers(window: Int, without dropped: Set<[UInt8]>) -> [[UInt8]: ByteRow] {
    func counts(_ event: HostileEvent) -> Bool {
      !dropped.contains(Array((event.stream.rawValue + event.id).utf8))
    }
    var byUser: [[UInt8]: [HostileEvent]] = [:]
    for click in clicks where counts(click) {
      byUser[Array(click.user.utf8), default: []].append(click)
    }
    var answers: [[UInt8]: ByteRow] = [:]
    for checkout in checkouts where counts(checkout) {
      let candidates = (byUser[Array(checkout.user.utf8)] ?? []).filter {
        $0.time <= checkout.time && checkout.time - $0.time <= window
      }
      let first = candidates.min {
        $0.time < $1.time
          || $0.time == $1.time && $0.id.utf8.lexicographicallyPrecedes($1.id.utf8)
      }
      answers[Array(checkout.id.utf8)] = ByteRow([
        checkout.id, checkout.user, "\(checkout.time)", first?.id, first?.texts["product_id"],
        first?.texts["product_name"], first?.texts["product_category"], first?.texts["referrer"],
        first?.texts["device_type"], (first?.time).map { "\($0)" }, decimal(checkout.amount),
        first.map { "\((checkout.time - $0.time) / 1_000_000)" }, "\(candidates.count)",
      ])
    }
    return answers
  }

  var rawClicks: [ByteRow] {
    clicks.map { click in
      ByteRow(
        [click.id, click.user, "\(click.time)", decimal(click.amount)]
          + HostileEvent.clickTexts.map { click.texts[$0] }
      )
    }
  }

  var rawCheckouts: [ByteRow] {
    checkouts.map { checkout in
      ByteRow(
        [checkout.id, checkout.user, "\(checkout.time)", decimal(checkout.amount)]
          + HostileEvent.checkoutTexts.map { checkout.texts[$0] }
      )
    }
  }

  private func decimal(_ hundredths: Int?) -> String? {
    hundredths.map { value in
      let cents = String(100 + value.magnitude % 100).dropFirst()
      return (value < 0 ? "-" : "") + "\(value.magnitude / 100).\(cents)"
    }
  }
}
