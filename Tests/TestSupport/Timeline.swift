package import Dataflow

/// A course of events as a human writes it: arrivals in order, and the watermark in between.
///
///     "t=1 click u1 a | t=5 checkout u1 x | wm=6 | t=5.999999 click u1 b | wm=end"
///
/// `t=` is an event time and `wm=` a watermark, in seconds with at most six decimals. After the time
/// stand the stream, the key, and, where it matters, the record's id.
package struct Timeline: ExpressibleByStringLiteral {
  package enum Moment: Hashable {
    case arrival(Arrival)
    case watermark(Watermark)
  }

  /// A record as it is read: when it happened, and three words.
  package struct Arrival: Timestamped, Hashable, Sendable, CustomStringConvertible {
    package var time: EventTime
    package var stream: String
    package var key: String
    package var id: String

    package init(time: EventTime, stream: String, key: String, id: String = "") {
      self.time = time
      self.stream = stream
      self.key = key
      self.id = id
    }

    /// As in the notation.
    package var description: String {
      "t=\(time.notation) \(stream) \(key)" + (id.isEmpty ? "" : " \(id)")
    }
  }

  package var moments: [Moment]

  /// The records alone, in order of arrival.
  package var arrivals: [Arrival] {
    moments.compactMap { if case .arrival(let arrival) = $0 { arrival } else { nil } }
  }

  /// Reads the notation; text that does not fit it is a mistake in the test and stops it.
  package init(_ text: String) {
    moments = text.split(separator: "|").map(Moment.init(notation:))
  }

  package init(stringLiteral text: String) { self.init(text) }
}

extension Timeline.Moment {
  fileprivate init(notation text: Substring) {
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    switch (words.first?.prefix { $0 != "=" }, words.count) {
    case ("wm", 1):
      self = .watermark(EventTime(notation: words[0].dropFirst(3)))
    case ("t", 3...4):
      self = .arrival(
        Timeline.Arrival(
          time: EventTime(notation: words[0].dropFirst(2)),
          stream: words[1],
          key: words[2],
          id: words.count == 4 ? words[3] : ""
        )
      )
    default:
      preconditionFailure(
        "could not read \"\(text)\" of a timeline: expected \"t=TIME STREAM KEY [ID]\" or \"wm=TIME\""
      )
    }
  }
}

extension EventTime {
  /// Seconds with at most six decimals, or `end`.
  package init(notation text: some StringProtocol) {
    if text == "end" {
      self = .endOfInput
      return
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let decimals = parts.count == 2 ? parts[1] : ""
    let digits = String(parts[0]) + decimals + String(repeating: "0", count: 6 - decimals.count)
    guard parts.count <= 2, let microseconds = Int64(digits) else {
      preconditionFailure("could not read \"\(text)\" of a timeline: expected seconds or \"end\"")
    }
    self.init(microseconds: microseconds)
  }

  /// The shortest notation of this time.
  package var notation: String {
    if self == .endOfInput { return "end" }
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    guard rest != 0 else { return "\(seconds)" }
    var decimals = String(String(rest.magnitude + 1_000_000).dropFirst())
    while decimals.last == "0" { decimals.removeLast() }
    return (microseconds < 0 && seconds == 0 ? "-0" : "\(seconds)") + ".\(decimals)"
  }
}
