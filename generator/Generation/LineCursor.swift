import Dataflow
import Events

/// Writes text into memory that its owner has made large enough.
struct LineCursor {
  var next: UnsafeMutableRawPointer

  @inline(__always)
  mutating func append(_ text: StaticString) {
    next.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    next += text.utf8CodeUnitCount
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    next.copyMemory(from: source, byteCount: bytes.count)
    next += bytes.count
  }

  @inline(__always)
  mutating func append(byte: UInt8) {
    next.storeBytes(of: byte, as: UInt8.self)
    next += 1
  }

  /// 16 lowercase hexadecimal digits.
  @inline(__always)
  mutating func appendHexadecimal(_ number: UInt64) {
    appendHexadecimal(word: UInt32(truncatingIfNeeded: number &>> 32))
    appendHexadecimal(word: UInt32(truncatingIfNeeded: number))
  }

  /// 8 digits at once: every nibble is spread into a byte of its own, then made a digit.
  @inline(__always)
  private mutating func appendHexadecimal(word: UInt32) {
    var nibbles = UInt64(word.byteSwapped)
    nibbles = (nibbles | nibbles &<< 16) & 0x0000_ffff_0000_ffff
    nibbles = (nibbles | nibbles &<< 8) & 0x00ff_00ff_00ff_00ff
    nibbles = (nibbles &>> 4 | nibbles &<< 8) & 0x0f0f_0f0f_0f0f_0f0f
    // 1 in each byte that holds 10 or more; 39 lies between "9" + 1 and "a". No byte overflows.
    let letters = (nibbles &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
    let digits = nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39
    next.storeBytes(of: digits.littleEndian, as: UInt64.self)
    next += 8
  }

  /// A time as `2026-11-21T08:15:30.123456Z`; needs room for `EventTime.maximumTextByteCount` bytes.
  @inline(__always)
  mutating func append(_ time: EventTime, by writer: inout TimeWriter) {
    next += writer.write(time, to: next)
  }

  /// A number in exactly `count` decimal digits, with leading zeros; higher digits are left out.
  @inline(__always)
  mutating func appendDecimal(_ number: UInt64, digits count: Int) {
    var rest = number
    var place = count
    while place > 0 {
      place &-= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      next.storeBytes(
        of: 0x30 &+ UInt8(truncatingIfNeeded: digit),
        toByteOffset: place,
        as: UInt8.self
      )
      rest = quotient
    }
    next += count
  }

  /// A number in as many decimal digits as it needs.
  @inline(__always)
  mutating func appendDecimal(_ number: UInt64) {
    var count = 1
    var bound: UInt64 = 10
    while number >= bound && count < 19 {
      count &+= 1
      bound &*= 10
    }
    appendDecimal(number, digits: count)
  }

  /// An amount in hundredths, as `12.05`.
  @inline(__always)
  mutating func append(hundredths: UInt64) {
    let (whole, fraction) = hundredths.quotientAndRemainder(dividingBy: 100)
    appendDecimal(whole)
    append(byte: UInt8(ascii: "."))
    appendDecimal(fraction, digits: 2)
  }
}
