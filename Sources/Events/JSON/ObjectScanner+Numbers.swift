extension ObjectScanner {
  /// The end of a number of up to seven digits and decimals each, the form nearly all have, with a
  /// `,` or `}` behind it; nil for all other values.
  @inline(__always)
  func plainNumberEnd(at start: UnsafeRawPointer) -> UnsafeRawPointer? {
    let digits = DigitRun(at: start).count
    guard 1...7 ~= digits, digits == 1 || start.load(as: UInt8.self) != UInt8(ascii: "0") else {
      return nil
    }
    var cursor = start + digits
    if cursor.load(as: UInt8.self) == UInt8(ascii: ".") {
      let decimals = DigitRun(at: cursor + 1).count
      guard 1...7 ~= decimals else { return nil }
      cursor += 1 &+ decimals
    }
    let next = cursor.load(as: UInt8.self)
    return cursor < end && (next == UInt8(ascii: ",") || next == UInt8(ascii: "}")) ? cursor : nil
  }

  /// Scans the number at `start`, which holds `-` or a digit.
  func scanNumber(
    at start: UnsafeRawPointer
  ) throws(SyntaxFault) -> (end: UnsafeRawPointer, flags: ValueTraits.Flags) {
    var cursor = start
    if cursor.load(as: UInt8.self) == UInt8(ascii: "-") { cursor += 1 }
    if try byte(at: cursor, or: "a digit") == UInt8(ascii: "0") {
      cursor += 1
    } else {
      cursor = try scanDigits(at: cursor)
    }
    var flags: ValueTraits.Flags = []
    if cursor < end, cursor.load(as: UInt8.self) == UInt8(ascii: ".") {
      cursor = try scanDigits(at: cursor + 1)
    }
    if cursor - start > 1000 { flags.insert(.unstorableNumber) }
    if cursor < end, cursor.load(as: UInt8.self) | 0x20 == UInt8(ascii: "e") {
      cursor += 1
      let sign = try byte(at: cursor, or: "a digit")
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { cursor += 1 }
      let digits = cursor
      cursor = try scanDigits(at: cursor)
      if exponentMagnitude(from: digits, to: cursor) > 1000 { flags.insert(.unstorableNumber) }
    }
    return (cursor, flags)
  }

  /// Skips one digit or more.
  @inline(__always)
  private func scanDigits(at start: UnsafeRawPointer) throws(SyntaxFault) -> UnsafeRawPointer {
    var cursor = start
    var count: Int
    repeat {
      count = DigitRun(at: cursor).count
      cursor += count
    } while count == 8 && cursor < end
    // Digits behind the message are none of its own.
    cursor = min(cursor, end)
    guard cursor > start else { throw fault(at: cursor, expected: "a digit") }
    return cursor
  }

  /// Stops counting beyond 1000.
  private func exponentMagnitude(from start: UnsafeRawPointer, to end: UnsafeRawPointer) -> Int {
    var magnitude = 0
    var cursor = start
    while cursor < end, magnitude <= 1000 {
      magnitude = magnitude * 10 + Int(cursor.load(as: UInt8.self) - UInt8(ascii: "0"))
      cursor += 1
    }
    return magnitude
  }
}
