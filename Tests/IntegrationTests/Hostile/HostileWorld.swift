import Connect
import TestSupport

/// A seeded log that the product's own generator would never write, in log order.
struct HostileWorld {
  struct Shape {
    var seed: UInt64
    var partitions = 2
    /// Events that mean something, per partition.
    var clicks = 250
    var checkouts = 120
    var users = 7
    /// 1970 in microseconds, where the first events stand.
    var start = 1_774_999_800_000_000  // 2026-03-31T23:30:00Z
    var span = 5 * hour
    /// Share of events that arrive up to three hours late.
    var late = 0.12
    var duplicates = 0.1
    /// Share of events more than a day late.
    var ancient = 0.0
    /// Share of events anywhere between the years 1 and 9999.
    var strays = 0.0
    var poison = 0.05
    /// All checkouts at the log's end instead of near their time.
    var isSkewed = false
    /// Text of a megabyte in a few events.
    var hasHugeLines = false
    /// The window that the edges are made for.
    var window = hour
  }

  static let minute = 60_000_000
  static let hour = 60 * minute

  private(set) var lines: [HostileLine] = []
  let shape: Shape
  private var dress: JSONDress
  private var counter = 0

  init(_ shape: Shape) {
    self.shape = shape
    dress = JSONDress(seed: shape.seed)
    for partition in 0..<shape.partitions { add(partition: partition) }
  }

  // MARK: - Partitions

  private mutating func add(partition: Int) {
    // An empty partition, and one without clicks.
    if shape.partitions > 3, partition == 1 { return }
    let users = Self.users(partition: partition, count: shape.users)
    var arrivals: [(at: Int, event: HostileEvent)] = []
    if shape.partitions <= 3 || partition != 2 {
      for _ in 0..<shape.clicks { arrivals += arrival(of: click(of: pickUser(users))) }
    }
    let clicks = arrivals.map(\.event)
    for _ in 0..<shape.checkouts {
      arrivals += arrival(
        of: checkout(of: pickUser(users), after: clicks.randomElement(using: &dress.random))
      )
    }
    var ordered = arrivals.enumerated().sorted {
      ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
    }.map(\.element.event)
    if shape.isSkewed {
      ordered = ordered.filter { $0.stream == .clicks } + ordered.filter { $0.stream == .checkouts }
    }
    for event in ordered { write(event, partition) }
  }

  /// When it is read, in event time, and perhaps its resends.
  private mutating func arrival(of event: HostileEvent) -> [(at: Int, event: HostileEvent)] {
    var at = event.time
    if dress.chance(shape.late) {
      at += random(5 * Self.minute...3 * Self.hour)
    } else if dress.chance(0.7) {
      at += random(0...4 * Self.minute)
    }
    if dress.chance(shape.ancient) { at += 30 * Self.hour }
    if dress.chance(shape.strays) { at = shape.start + random(0...shape.span) }
    var arrivals = [(at: at, event: event)]
    while dress.chance(shape.duplicates) {
      var resend = event
      if dress.chance(0.5) {
        resend.amount = event.amount.map { $0 - 1 }
        for name in resend.texts.keys where name != "product_id" { resend.texts[name]? += " again" }
      }
      arrivals.append(
        (at: at + pick([0, 1, Self.minute, Self.hour, 3 * Self.hour]), event: resend)
      )
    }
    return arrivals
  }

  // MARK: - Events

  private mutating func click(of user: String) -> HostileEvent {
    var event = HostileEvent(stream: .clicks, id: nextID(), user: user, time: someTime())
    if dress.chance(0.7) { event.amount = amount() }
    event.texts["product_id"] = pick([
      "p", "P", "p ", "\u{fffd}", String(repeating: "ü", count: 25),
    ])
    for name in HostileEvent.clickTexts where name != "product_id" {
      if dress.chance(0.6) { event.texts[name] = someText() }
    }
    if shape.hasHugeLines, dress.chance(0.02) {
      event.texts["page_url"] = String(repeating: "/\u{1F600}\n", count: 180_000)
    }
    return event
  }

  /// Mostly at an edge of the window of a click of the same user.
  private mutating func checkout(of user: String, after click: HostileEvent?) -> HostileEvent {
    var event = HostileEvent(stream: .checkouts, id: nextID(), user: user, time: someTime())
    if let click, dress.chance(0.8) {
      event.user = click.user
      event.time =
        click.time
        + pick([
          -1, 0, 1, Self.minute, shape.window - 1, shape.window, shape.window + 1,
          random(0...shape.window), 1_000_000, 999_999,
        ])
    }
    // What four digits of a year can say.
    event.time = min(max(event.time, -62_135_596_800_000_000), 253_402_300_799_999_999)
    event.amount = amount()
    for name in HostileEvent.checkoutTexts where dress.chance(0.6) {
      event.texts[name] = someText()
    }
    if dress.chance(0.5) { event.items = items() }
    if dress.chance(0.5) { event.address = address() }
    return event
  }

  private mutating func someTime() -> Int {
    if dress.chance(shape.strays) {
      let boundaries = [
        -62_135_596_800_000_000, 253_402_300_799_999_999, -1, 0, 951_782_400_000_000,
        -62_135_596_800_000_000 + 30 * Self.minute, 4_102_444_800_000_000, 946_684_800_000_000 - 1,
      ]
      return pick(boundaries)
    }
    let time = shape.start + random(0...shape.span)
    if dress.chance(0.3) { return time }
    // Many share a moment, at whole minutes: midnight is one of them.
    return time / (5 * Self.minute) * (5 * Self.minute) + pick([0, 0, 0, -1, 1])
  }

  private mutating func amount() -> Int {
    pick([0, 1, 99, 100, 999_999_999_999, 123_456, -5, 1000, random(1...1_000_000)])
  }

  private mutating func items() -> String {
    let count = random(0...3)
    return "["
      + (0..<count).map { _ in
        dress.object([
          ("product_id", dress.string("p")), ("product_name", dress.string(someText())),
          ("price", pick(["1.50", "15e-1", "0.25", "-1", "1E3"])),
          ("quantity", pick(["1", "2e0", "30E-1", "4.0", "-5"])),
        ])
      }.joined(separator: " , ") + "]"
  }

  private mutating func address() -> String {
    dress.object([
      ("city", dress.string(someText())), ("zip_code", dress.string("0123")),
      ("country", dress.string("\u{1F1E8}\u{1F1ED}")),
    ])
  }

  private mutating func someText() -> String {
    pick([
      "", " ", "plain", "NULL", "\\N", "null", "a,b\"c\"", "tab\tnew\nline\r\u{8}\u{c}/\\",
      "\u{1F600}\u{10FFFF}", "e\u{301}", "\u{e9}", "\u{7f}\u{80}\u{2028}", "{}", "' OR 1=1 --",
      "\\u0041", "\u{feff}bom", String(repeating: "0123456789", count: 13),
    ])
  }

  // MARK: - Identifiers

  /// They differ by as little as users can; the first is the busiest.
  private static func users(partition: Int, count: Int) -> [String] {
    let tail = partition == 0 ? "" : "\(partition)"
    let all = [
      "u", "U", "u ", " u", "u\u{e9}", "ue\u{301}", "u\t", "\\N", "\"", "NULL",
      String(repeating: "é", count: 24), "u\u{1F600}", "u\u{ffff}", "0", "{1,2}",
    ]
    return all.prefix(count).map { $0 + tail }
  }

  private mutating func pickUser(_ users: [String]) -> String {
    let place = dress.chance(0.5) ? 0 : random(0...(users.count - 1))
    return users[place]
  }

  /// Unique; ids that follow one another are prefixes or differ in their last byte only.
  private mutating func nextID() -> String {
    counter += 1
    let stem = "\(counter / 6)"
    let long = String(repeating: "é", count: 45)
    return switch counter % 6 {
    case 0: stem
    case 1: stem + "-"
    case 2: stem + "-\u{ffff}"
    case 3: stem + "-\u{1F600}"
    case 4: stem + "-A"
    default: long + String(repeating: "0", count: 10 - stem.count) + stem
    }
  }

  // MARK: - Lines

  private mutating func write(_ event: HostileEvent, _ partition: Int) {
    if dress.chance(0.03) {
      append(event.stream, partition, Array(pick(["", " ", "\t \t", "\r"]).utf8), .blank)
    }
    if dress.chance(shape.poison) {
      let poison = Poison.lines(event.stream, id: event.id).randomElement(using: &dress.random)
      if let poison {
        append(event.stream, partition, poison.bytes, .poison(reason: poison.reason))
      }
    }
    append(event.stream, partition, Array(event.line(&dress).utf8), .event(event))
  }

  private mutating func append(
    _ stream: StreamKind,
    _ partition: Int,
    _ bytes: [UInt8],
    _ meaning: HostileLine.Meaning
  ) {
    lines.append(
      HostileLine(
        stream: stream,
        partition: partition,
        bytes: bytes,
        end: dress.chance(0.2) ? "\r\n" : "\n",
        meaning: meaning
      )
    )
  }

  private mutating func random(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &dress.random)
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[random(0...(elements.count - 1))]
  }
}
