import Events

/// What stands for an id: two ids are the same text if and only if their keys are equal.
///
/// ```
///            low (64)              high (32)
/// "4711"     4711                  0                  a whole number without leading zeros
/// "a-4711"   fingerprint           1 | fingerprint    any other text: 95 bits, keyed
/// ```
/// Two different texts meet with probability 2^-95: below 10^-12 for any pair among a hundred million.
struct RowKey: Hashable, BitwiseCopyable, Sendable {
  var low: UInt64
  var high: UInt32

  /// What no text has: neither a number nor marked as a fingerprint.
  static let none = RowKey(low: 0, high: 1)

  /// The whole number that the id is; nil for any other text.
  @inline(__always)
  var number: Int? { high == 0 ? Int(truncatingIfNeeded: low) : nil }
}

/// Makes keys, and spreads them over partitions and tables, by a secret of its own: no input can aim
/// at either.
struct KeyMaker: Sendable {
  private let hash = KeyedHash()
  private let seed = UInt64.random(in: 1 ... .max)
  private let factor = UInt64.random(in: 1 ... .max) | 1

  @inline(__always)
  func key(_ text: CellText) -> RowKey {
    if let number = Self.number(text) { return RowKey(low: number, high: 0) }
    return fingerprint(UnsafeRawBufferPointer(text))
  }

  /// A key for two in a row.
  func key(_ first: RowKey, _ second: RowKey) -> RowKey {
    withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { bytes in
      bytes.storeBytes(of: first.low, toByteOffset: 0, as: UInt64.self)
      bytes.storeBytes(of: second.low, toByteOffset: 8, as: UInt64.self)
      bytes.storeBytes(of: first.high, toByteOffset: 16, as: UInt32.self)
      bytes.storeBytes(of: second.high, toByteOffset: 20, as: UInt32.self)
      return fingerprint(UnsafeRawBufferPointer(bytes))
    }
  }

  /// 64 well mixed bits of a key: the upper ones choose its partition, the lower ones its slot.
  @inline(__always)
  func spread(_ key: RowKey) -> UInt64 {
    let product = (key.low ^ seed).multipliedFullWidth(by: factor ^ UInt64(key.high) &<< 32)
    return product.high ^ product.low
  }

  @inline(never)
  private func fingerprint(_ text: UnsafeRawBufferPointer) -> RowKey {
    guard let start = text.baseAddress else { return .none }
    let (first, second) = hash.fingerprint(start, text.count)
    return RowKey(low: first, high: UInt32(truncatingIfNeeded: second) | 0x8000_0000)
  }

  /// The number that one to sixteen digits spell, without leading zeros; nil for any other text.
  @inline(__always)
  private static func number(_ text: CellText) -> UInt64? {
    guard let start = text.baseAddress, 1...16 ~= text.count else { return nil }
    let digits = DigitRun(at: start)
    let count = min(digits.count, text.count)
    guard count > 0, text.count == 1 || start.load(as: UInt8.self) != UInt8(ascii: "0") else {
      return nil
    }
    let value = UInt64(bitPattern: digits.value(count: count))
    if count == text.count { return value }
    guard count == 8 else { return nil }
    let rest = DigitRun(at: start + 8)
    let restCount = text.count &- 8
    guard rest.count >= restCount else { return nil }
    return value &* powersOfTen[restCount] &+ UInt64(bitPattern: rest.value(count: restCount))
  }
}

private let powersOfTen: [UInt64] = [
  1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
]
