import TestSupport

/// Spells JSON in every way that RFC 8259 allows, by a seeded generator.
struct JSONDress {
  private enum Escaping: CaseIterable { case least, ascii, everything, mixed }

  var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func chance(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < probability
  }

  mutating func pick<Element>(_ elements: [Element], or other: Element) -> Element {
    elements.randomElement(using: &random) ?? other
  }

  // MARK: Objects

  /// Members in any order, with unknown ones and superseded repetitions among them.
  mutating func object(_ members: [(key: String, value: String)], isEvent: Bool = false) -> String {
    var all = members.shuffled(using: &random)
    if chance(0.4) { all.insert(("unknown", anyValue()), at: position(in: all)) }
    if chance(0.2) { all.insert(("Event_ID", anyValue()), at: position(in: all)) }
    if chance(0.2) { all.insert(("meta", nested()), at: position(in: all)) }
    if isEvent, chance(0.1), let repeated = members.randomElement(using: &random) {
      all.insert((repeated.key, anyValue()), at: 0)
    }
    let space = chance(0.6) ? [""] : ["", " ", "\t", "  ", " \t ", "\r"]
    var text = pick(space, or: "") + "{" + pick(space, or: "")
    for (index, member) in all.enumerated() {
      if index > 0 { text += "," + pick(space, or: "") }
      text += chance(0.1) ? string(member.key) : "\"\(member.key)\""
      text += pick(space, or: "") + ":" + pick(space, or: "") + member.value + pick(space, or: "")
    }
    return text + "}" + pick(space, or: "")
  }

  private mutating func position(in members: [(key: String, value: String)]) -> Int {
    Int.random(in: 0...members.count, using: &random)
  }

  private mutating func anyValue() -> String {
    pick(["null", "true", "-0.0e-7", "[]", "{}", "[1,[2,{\"a\":\"]\"}]]", "\"\\\"}\""], or: "0")
  }

  private mutating func nested() -> String {
    let depth = Int.random(in: 1...40, using: &random)
    return String(repeating: "[{\"user_id\":", count: depth) + "\"nobody\""
      + String(repeating: "}]", count: depth)
  }

  // MARK: Strings

  mutating func string(_ text: String) -> String {
    let escaping = pick(Escaping.allCases, or: .least)
    var result = "\""
    for scalar in text.unicodeScalars {
      let isNeeded = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      let isWanted =
        switch escaping {
        case .least: false
        case .ascii: !scalar.isASCII
        case .everything: true
        case .mixed: chance(0.3)
        }
      if isNeeded || isWanted {
        result += escape(scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private mutating func escape(_ scalar: Unicode.Scalar) -> String {
    let short: [Unicode.Scalar: String] = [
      "\"": "\\\"", "\\": "\\\\", "/": "\\/", "\u{8}": "\\b", "\u{c}": "\\f", "\n": "\\n",
      "\r": "\\r", "\t": "\\t",
    ]
    if let short = short[scalar], chance(0.7) { return short }
    return String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16, uppercase: chance(0.5))
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }

  // MARK: Numbers

  /// A spelling of so many hundredths; may have more decimals, which round to it.
  mutating func amount(_ hundredths: Int) -> String {
    let sign = hundredths < 0 ? "-" : ""
    let digits = String(hundredths.magnitude)
    let units = String(hundredths.magnitude / 100)
    let cents = String(100 + hundredths.magnitude % 100).dropFirst()
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return "\(sign)\(digits)e-2"
    case 1 where hundredths != 0: return "\(sign)\(digits)00.0E-0004"
    case 2: return "\(sign)0.\(digits)E\(digits.count - 2)"
    case 3: return "\(sign)\(units).\(cents)000000000000000000000000000000"
    case 4: return "\(sign)\(units).\(cents)4999999999999999999999"
    case 5 where hundredths > 0:
      let tenths = hundredths * 10 - 5
      return "\(tenths)e-3"
    case 6 where hundredths % 100 == 0: return "\(sign)\(units)"
    default: return "\(sign)\(units).\(cents)"
    }
  }

  // MARK: Times

  /// A spelling of the time with any offset and as many fraction digits as it takes, or more.
  mutating func time(_ microseconds: Int) -> String {
    let offsets = [0, 330, -480, 60, -1439, 1439, 845]
    let isExtreme = microseconds < -62_000_000_000_000_000 || microseconds > 253_300_000_000_000_000
    let offset = chance(0.5) || isExtreme ? nil : pick(offsets, or: 0)
    let local = microseconds + (offset ?? 0) * 60_000_000
    var fraction = String(String(1_000_000 + floorModulo(local, 1_000_000)).dropFirst())
    if chance(0.6) { while fraction.last == "0" { fraction.removeLast() } }
    if fraction.count == 6, chance(0.3) { fraction += pick(["0", "49", "123", "000"], or: "0") }
    if !fraction.isEmpty { fraction = "." + fraction }
    var zone = "Z"
    if let offset {
      let minutes = offset.magnitude
      zone = (offset < 0 ? "-" : "+") + pad(Int(minutes / 60), 2) + ":" + pad(Int(minutes % 60), 2)
    }
    return civil(floorDivide(local, 1_000_000)) + fraction + zone
  }

  /// `YYYY-MM-DDTHH:MM:SS` of seconds since 1970, by counting years and months.
  private func civil(_ seconds: Int) -> String {
    var days = floorDivide(seconds, 86_400)
    let clock = floorModulo(seconds, 86_400)
    // Whole cycles of 400 years, then year by year.
    let cycles = floorDivide(days, 146_097)
    days -= cycles * 146_097
    var year = 1970 + cycles * 400
    func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    while days >= (isLeap(year) ? 366 : 365) {
      days -= isLeap(year) ? 366 : 365
      year += 1
    }
    let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var month = 0
    while days >= lengths[month] {
      days -= lengths[month]
      month += 1
    }
    return "\(pad(year, 4))-\(pad(month + 1, 2))-\(pad(days + 1, 2))"
      + "T\(pad(clock / 3600, 2)):\(pad(clock / 60 % 60, 2)):\(pad(clock % 60, 2))"
  }

  private func pad(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

func floorDivide(_ value: Int, _ divisor: Int) -> Int {
  (value - floorModulo(value, divisor)) / divisor
}

func floorModulo(_ value: Int, _ divisor: Int) -> Int {
  let rest = value % divisor
  return rest < 0 ? rest + divisor : rest
}
