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
/// Every function writes at an address of any alignment and returns the field's bytes, count word
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

  /// As above, 16 bytes at a time, for where there is room: reads up to 16 bytes behind the text (as
  /// many for an empty or absent one) and writes as many behind the field.
  @inlinable @inline(__always)
  package static func writeVectors(
    text slice: ByteSlice,
    of message: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    target.storeBytes(of: slice.length.bigEndian, as: Int32.self)
    let length = Int(max(slice.length, 0))
    copyVectors(from: message + Int(slice.offset), to: target + 4, byteCount: length)
    return 4 &+ length
  }

  /// Copies in steps of 16 bytes, at least one: up to 16 more are read and written.
  @inlinable @inline(__always)
  package static func copyVectors(
    from source: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer,
    byteCount: Int
  ) {
    var copied = 0
    repeat {
      let vector = source.loadUnaligned(fromByteOffset: copied, as: SIMD16<UInt8>.self)
      target.storeBytes(of: vector, toByteOffset: copied, as: SIMD16<UInt8>.self)
      copied &+= 16
    } while copied < byteCount
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

  /// A numeric of scale 2, NULL when the amount is absent.
  ///
  /// Whatever it returns, it writes `maximumMoneyByteCount` bytes: a branch for each digit could not
  /// be predicted.
  @inlinable package static func write(
    money: Money,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    if money.isAbsent { return writeNull(to: target) }
    let magnitude = money.hundredths.magnitude
    let units = magnitude / 100
    // Base-10,000 digits, most significant first: 10^8, 10^4, 1, and two decimals.
    let digits =
      (units / 100_000_000) << 48 | (units / 10_000 % 10_000) << 32 | (units % 10_000) << 16
      | magnitude % 100 * 100
    // Zeros at either end are not stored; for 0, of which no digit is, 4 at the start.
    let leadingZeros = digits.leadingZeroBitCount / 16
    let trailingZeros = digits == 0 ? 0 : digits.trailingZeroBitCount / 16
    let count = 4 &- leadingZeros &- trailingZeros
    let weight = digits == 0 ? 0 : 2 &- leadingZeros
    let head = UInt64(8 &+ 2 &* count) << 32 | UInt64(count) << 16 | UInt64(weight & 0xFFFF)
    let signAndScale: UInt32 = money.hundredths < 0 ? 0x4000_0002 : 2
    target.storeBytes(of: head.bigEndian, as: UInt64.self)
    target.storeBytes(of: signAndScale.bigEndian, toByteOffset: 8, as: UInt32.self)
    let stored = digits &<< UInt64(16 &* leadingZeros)
    target.storeBytes(of: stored.bigEndian, toByteOffset: 12, as: UInt64.self)
    return 12 &+ 2 &* count
  }
}
