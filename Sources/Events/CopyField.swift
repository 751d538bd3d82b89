package import Dataflow

/// Writes the fields of PostgreSQL's binary COPY format.
///
/// ```
/// field      byte count (Int32, big-endian) | bytes          NULL: byte count -1, no bytes
/// timestamp  8                              | microseconds since 2000-01-01 (Int64)
/// numeric    8 + 2n                         | n, weight, sign, scale (Int16 each), n digits
///                                             in base 10,000 (Int16 each)
/// ```
///
/// Every function writes at an address of any alignment and returns the bytes written, count word
/// included. Source: the `*_recv` functions of PostgreSQL's `timestamp.c` and `numeric.c`.
@usableFromInline
package enum CopyField {
  /// Bytes of a timestamp.
  @inlinable package static var timestampByteCount: Int { 12 }
  /// Bytes of an amount, at most: three digits before the decimal point and one behind it.
  @inlinable package static var maximumMoneyByteCount: Int { 20 }

  /// 1970-01-01 counted from 2000-01-01, in microseconds.
  @inlinable package static var unixEpoch: Int64 { -946_684_800_000_000 }

  @inlinable package static func writeNull(to target: UnsafeMutableRawPointer) -> Int {
    target.storeBytes(of: -1, as: Int32.self)
    return 4
  }

  @inlinable package static func write(
    int32 value: Int32,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    target.storeBytes(of: Int32(4).bigEndian, as: Int32.self)
    target.storeBytes(of: value.bigEndian, toByteOffset: 4, as: Int32.self)
    return 8
  }

  /// Needs 4 bytes more than the text has.
  @inlinable package static func write(
    text: UnsafeRawBufferPointer,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    target.storeBytes(of: Int32(truncatingIfNeeded: text.count).bigEndian, as: Int32.self)
    if let bytes = text.baseAddress {
      (target + 4).copyMemory(from: bytes, byteCount: text.count)
    }
    return 4 &+ text.count
  }

  /// A text field of the message at `message`; NULL when it is absent.
  @inlinable package static func write(
    text slice: ByteSlice,
    of message: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    if slice.isAbsent { return writeNull(to: target) }
    return write(
      text: UnsafeRawBufferPointer(
        start: message + Int(slice.offset),
        count: Int(slice.length)
      ),
      to: target
    )
  }

  /// `.beginning` and `.endOfInput` become `-infinity` and `infinity`, and so does what does not
  /// fit when counted from 2000.
  package static func write(
    timestamp time: EventTime,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    var (value, overflow) = time.microseconds.addingReportingOverflow(unixEpoch)
    if overflow { value = .min }
    if time == .endOfInput { value = .max }
    target.storeBytes(of: Int32(8).bigEndian, as: Int32.self)
    target.storeBytes(of: value.bigEndian, toByteOffset: 4, as: Int64.self)
    return timestampByteCount
  }

  /// A numeric of scale 2, NULL when the amount is absent; at most `maximumMoneyByteCount` bytes.
  @inlinable package static func write(
    money: Money,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    if money.isAbsent { return writeNull(to: target) }
    let magnitude = money.hundredths.magnitude
    let units = magnitude / 100
    // Base-10,000 digits, most significant first: 10^8, 10^4, 1, and two decimals.
    let digits = SIMD4<Int16>(
      Int16(truncatingIfNeeded: units / 100_000_000),
      Int16(truncatingIfNeeded: units / 10_000 % 10_000),
      Int16(truncatingIfNeeded: units % 10_000),
      Int16(truncatingIfNeeded: magnitude % 100 &* 100)
    )
    var first = 0
    while first < 4 && digits[first] == 0 { first &+= 1 }
    var end = 4
    while end > first && digits[end &- 1] == 0 { end &-= 1 }

    let count = end &- first
    func store(_ value: Int16, at offset: Int) {
      target.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int16.self)
    }
    target.storeBytes(of: Int32(truncatingIfNeeded: 8 &+ 2 &* count).bigEndian, as: Int32.self)
    store(Int16(truncatingIfNeeded: count), at: 4)
    store(count == 0 ? 0 : Int16(truncatingIfNeeded: 2 &- first), at: 6)
    store(money.hundredths < 0 ? 0x4000 : 0, at: 8)
    store(2, at: 10)
    for index in 0..<count { store(digits[first &+ index], at: 12 &+ 2 &* index) }
    return 12 &+ 2 &* count
  }
}
