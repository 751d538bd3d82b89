internal import CScan
internal import Events

/// An event_id as it is kept: mostly as a number, half as long or less.
///
/// ```
/// code       kept                                       text
/// 0...100    the bytes, as many                         the same
/// 101...125  8 bytes: up to 16 digits, 4 bits each      a prefix (`IDPatterns`), the digits
/// 126        16 bytes: 32 digits                        the digits
/// 127        16 bytes: 32 digits                        the digits, with the dashes of a UUID
/// ```
///
/// Digits are 0-9a-f. In one operator's life a text always gets the same form, so that two ids are
/// the same if and only if their forms are; and where the codes are the same, the numbers are in the
/// bytewise order of the texts.
struct PackedID: BitwiseCopyable {
  var code: UInt32
  var first: UInt64 = 0
  var second: UInt64 = 0

  static let mostBytes = 100
  fileprivate static let firstPattern: UInt32 = 101
  static let allDigits: UInt32 = 126
  fileprivate static let uuid: UInt32 = 127

  @inline(__always) var isNumber: Bool { code > UInt32(PackedID.mostBytes) }

  /// Bytes that are kept of an id with this code.
  @inline(__always) static func byteCount(code: UInt32) -> Int {
    code < firstPattern ? Int(code) : code < allDigits ? 8 : 16
  }

  /// Writes what is kept of the id, whose text is at `text`.
  @inline(__always) func write(_ text: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    if !isNumber {
      return target.copySmall(from: UnsafeRawBufferPointer(start: text, count: Int(code)))
    }
    target.storeBytes(of: first, as: UInt64.self)
    if code >= PackedID.allDigits {
      target.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
    }
  }
}

extension PackedID {
  /// The id with this code that is kept at `source`; its bytes stay there where it is no number.
  @inline(__always) init(code: UInt32, at source: UnsafeRawPointer) {
    self.init(code: code)
    guard isNumber else { return }
    first = source.word(at: 0)
    if code >= PackedID.allDigits { second = source.word(at: 8) }
  }
}

extension KeyedHash {
  /// The key of an id, which is compared when it is found; its text is read where it is no number.
  @inline(__always) func id(_ id: PackedID, _ text: UnsafeRawPointer) -> HashKey {
    let start = fingerprint(Int32(bitPattern: id.code))
    if !id.isNumber { return fold(text, Int(id.code), into: start) & idMask }
    return fold(id.first, id.second, into: start) & idMask
  }
}

/// The prefixes of ids that end in digits: those that came first, as an operator meets few.
///
/// Owned by the arena, whose cells refer to them.
struct IDPatterns: BitwiseCopyable {
  private struct Pattern: BitwiseCopyable {
    /// Of the whole id; 0 where there is no pattern.
    var byteCount = 0
    var digitCount: UInt32 = 0
    /// Up to 16 bytes, zeros behind them, and a bit for each that counts.
    var prefix: (UInt64, UInt64) = (0, 0)
    var mask: (UInt64, UInt64) = (0, 0)

    var prefixCount: Int { byteCount - Int(digitCount) }
  }

  private let patterns: UnsafeMutablePointer<Pattern>

  private static let count = Int(PackedID.allDigits - PackedID.firstPattern)
  private static let fewestBytes = 16
  private static let fewestDigits = 8
  private static let mostPrefixBytes = 16

  init() {
    patterns = .allocate(capacity: IDPatterns.count)
    patterns.initialize(repeating: Pattern(), count: IDPatterns.count)
  }

  func deallocate() { patterns.deallocate() }

  /// The form in which the text is kept.
  @inline(__always) func pack(_ text: UnsafeRawPointer, _ count: Int) -> PackedID {
    guard count >= IDPatterns.fewestBytes else { return PackedID(code: UInt32(count)) }
    let digits = pack_last_digits(text + (count &- 16))
    let (low, high) = (text.word(at: 0), text.word(at: 8))
    var place = 0
    while place < IDPatterns.count && patterns[place].byteCount != 0 {
      let pattern = patterns + place
      let difference =
        (low & pattern.pointee.mask.0 ^ pattern.pointee.prefix.0)
        | (high & pattern.pointee.mask.1 ^ pattern.pointee.prefix.1)
        | UInt64(truncatingIfNeeded: count ^ pattern.pointee.byteCount)
        | UInt64(digits.count ^ pattern.pointee.digitCount)
      if difference == 0 {
        return PackedID(code: PackedID.firstPattern &+ UInt32(place), first: digits.value)
      }
      place &+= 1
    }
    return packOther(text, count, digits, place)
  }

  /// The form of a text that has none of the patterns: perhaps one that gets a new one.
  @inline(never)
  private func packOther(
    _ text: UnsafeRawPointer,
    _ count: Int,
    _ digits: pack_digits,
    _ free: Int
  ) -> PackedID {
    precondition(
      count <= PackedID.mostBytes,
      "an event_id of \(count) bytes is longer than its contract allows"
    )
    if let number = packDigits(text, count) { return number }
    let prefixCount = count - Int(digits.count)
    // Before 16 digits, another one would not be part of a prefix that others share.
    let isPrefix =
      digits.count < 16 || prefixCount == 0 || !IDPatterns.isDigit(text, prefixCount - 1)
    guard digits.count >= IDPatterns.fewestDigits, prefixCount <= IDPatterns.mostPrefixBytes,
      isPrefix, free < IDPatterns.count
    else { return PackedID(code: UInt32(count)) }
    var pattern = Pattern(byteCount: count, digitCount: digits.count)
    pattern.mask = (IDPatterns.mask(prefixCount), IDPatterns.mask(prefixCount - 8))
    pattern.prefix = (text.word(at: 0) & pattern.mask.0, text.word(at: 8) & pattern.mask.1)
    patterns[free] = pattern
    return PackedID(code: PackedID.firstPattern + UInt32(free), first: digits.value)
  }

  /// 32 digits, with or without the dashes of a UUID.
  private func packDigits(_ text: UnsafeRawPointer, _ count: Int) -> PackedID? {
    guard count == 32 || count == 36 else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { bytes in
      guard let start = bytes.baseAddress else { return nil }
      if count == 32 {
        start.copyMemory(from: text, byteCount: 32)
      } else if !pack_undash(text, start) {
        return nil
      }
      let (first, second) = (pack_last_digits(start), pack_last_digits(start + 16))
      guard first.count == 16, second.count == 16 else { return nil }
      return PackedID(
        code: count == 32 ? PackedID.allDigits : PackedID.uuid,
        first: first.value,
        second: second.value
      )
    }
  }

  /// Writes the text of an id that is kept at `source`; returns its byte count.
  ///
  /// `target` has room for `PackedID.mostBytes`.
  func write(
    _ code: UInt32,
    keptAt source: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    let id = PackedID(code: code, at: source)
    guard id.isNumber else {
      target.copySmall(from: UnsafeRawBufferPointer(start: source, count: Int(code)))
      return Int(code)
    }
    if code < PackedID.allDigits {
      let pattern = patterns[Int(code - PackedID.firstPattern)]
      pack_write_digits(id.first, target + (pattern.byteCount - 16))
      withUnsafeBytes(of: pattern.prefix) { prefix in
        target.copySmall(from: UnsafeRawBufferPointer(rebasing: prefix[..<pattern.prefixCount]))
      }
      return pattern.byteCount
    }
    if code == PackedID.allDigits {
      pack_write_digits(id.first, target)
      pack_write_digits(id.second, target + 16)
      return 32
    }
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { bytes in
      guard let start = bytes.baseAddress else { return }
      pack_write_digits(id.first, start)
      pack_write_digits(id.second, start + 16)
      pack_dash(start, target)
    }
    return 36
  }

  private static func mask(_ byteCount: Int) -> UInt64 {
    byteCount >= 8 ? .max : byteCount <= 0 ? 0 : 1 << UInt64(byteCount * 8) - 1
  }

  private static func isDigit(_ text: UnsafeRawPointer, _ offset: Int) -> Bool {
    switch text.byte(at: offset) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: false
    }
  }
}
