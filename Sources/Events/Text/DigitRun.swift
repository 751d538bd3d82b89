/// Digits at the start of eight bytes, found and read all at once.
@usableFromInline
package struct DigitRun {
  /// The eight bytes, the first one lowest, less "0" each.
  @usableFromInline let bytes: UInt64

  @inlinable @inline(__always)
  package init(at text: UnsafeRawPointer) {
    bytes = text.loadUnaligned(as: UInt64.self).littleEndian ^ 0x3030_3030_3030_3030
  }

  /// How many of the eight bytes are digits before the first that is none.
  @inlinable @inline(__always)
  package var count: Int {
    // The top bit of a byte is set if it is 10 or more; a carry only spoils bytes behind such a one.
    let others = (bytes &+ 0x7676_7676_7676_7676 | bytes) & 0x8080_8080_8080_8080
    return others.trailingZeroBitCount &>> 3
  }

  /// The number that the first `count` bytes spell; they have to be digits.
  ///
  /// - Parameter count: 1 to 8.
  /// - Returns: the number.
  @inlinable @inline(__always)
  package func value(count: Int) -> Int64 {
    // Leading zeros instead of what follows; then neighbours join: 8 digits, 4 pairs, 2 fours, 1.
    let digits = bytes &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
    let pairs = (digits &* 2561) &>> 8 & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* 6_553_601) &>> 16 & 0x0000_FFFF_0000_FFFF
    return Int64(truncatingIfNeeded: (fours &* 42_949_672_960_001) &>> 32)
  }
}
