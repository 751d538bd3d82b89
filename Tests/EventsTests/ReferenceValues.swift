import Foundation

/// Hundredths of a JSON number, rounded half away from zero, on digit arrays; nil if too great.
func referenceHundredths(_ number: String) -> Int64? {
  let (digits, point, isNegative) = referenceDigits(number)
  guard digits.contains(where: { $0 != 0 }) else { return 0 }
  // The value is 0.digits x 10^point with a digit other than zero in front.
  if point > 11 { return nil }
  if point < -2 { return 0 }
  var shifted = Array(repeating: 0, count: max(0, -point)) + digits
  let whole = max(0, point) + 2
  while shifted.count <= whole { shifted.append(0) }
  var value: Int64 = 0
  for digit in shifted[..<whole] { value = value * 10 + Int64(digit) }
  if shifted[whole] >= 5 { value += 1 }
  guard value < 1_000_000_000_000 else { return nil }
  return isNegative ? -value : value
}

func referenceIsWhole(_ number: String) -> Bool {
  let (digits, point, _) = referenceDigits(number)
  guard let last = digits.lastIndex(where: { $0 != 0 }) else { return true }
  return last < point
}

/// Digits without leading zeros, and where the point stands among them.
private func referenceDigits(
  _ number: String
) -> (digits: [Int], point: Int, isNegative: Bool) {
  let parts = number.lowercased().split(separator: "e")
  let exponent =
    parts.count > 1 ? Int(parts[1]) ?? (parts[1].hasPrefix("-") ? -1 << 50 : 1 << 50) : 0
  let mantissa = parts[0].drop { $0 == "-" || $0 == "+" }
  let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
  var digits = halves.joined().compactMap(\.wholeNumberValue)
  var point = halves[0].count + exponent
  while digits.first == 0 {
    digits.removeFirst()
    point -= 1
  }
  return (digits, point, parts[0].hasPrefix("-"))
}

/// Microseconds since the epoch of an RFC 3339 time, by a pattern and Foundation's calendar.
func referenceMicroseconds(_ text: String) -> Int64? {
  let pattern =
    #/
    ([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?
    (?:[Zz]|([+\-])([0-9]{2})(?::?([0-9]{2}))?)
    /#
  guard let match = text.wholeMatch(of: pattern)?.output else { return nil }
  func number(_ part: Substring?) -> Int { part.flatMap { Int($0) } ?? 0 }
  let (year, month, day) = (number(match.1), number(match.2), number(match.3))
  let (hour, minute, second) = (number(match.4), number(match.5), number(match.6))
  guard (1...9999).contains(year), hour < 24, minute < 60, second < 60 else { return nil }
  guard number(match.9) < 24, number(match.10) < 60 else { return nil }
  guard let days = referenceDays(year, month, day) else { return nil }
  let east = (match.8 == "-" ? -1 : 1) * (number(match.9) * 3600 + number(match.10) * 60)
  let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second - east)
  let fraction = (match.7.map(String.init) ?? "").padding(
    toLength: 6,
    withPad: "0",
    startingAt: 0
  )
  return seconds * 1_000_000 + Int64(number(fraction[...]))
}

/// Days since 1970-01-01, counted year by year and month by month; nil if there is no such day.
func referenceDays(_ year: Int, _ month: Int, _ day: Int) -> Int? {
  func isLeap(_ year: Int) -> Bool { year % 4 == 0 && year % 100 != 0 || year % 400 == 0 }
  let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  guard (1...12).contains(month), (1...lengths[month - 1]).contains(day) else { return nil }
  var days = lengths[..<(month - 1)].reduce(0, +) + day - 1
  for past in 1970..<max(year, 1970) { days += isLeap(past) ? 366 : 365 }
  for past in min(year, 1970)..<1970 { days -= isLeap(past) ? 366 : 365 }
  return days
}
