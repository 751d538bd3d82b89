import Dataflow
import Events

/// What the partitions keep of a record: its time, its amount and its texts, one behind the other.
///
/// ```
/// time (8) | amount (8) | length of each text | texts
///                         1 byte up to 253; 254: Int32 follows; 255: absent
/// ```
/// The texts are those of `KeptFields`; where only answers are wanted, the others are left out.
enum PackedRecord {
  static let headerByteCount = 16
  private static let longLength: UInt8 = 254
  private static let absentLength: UInt8 = 255

  /// Bytes that the writer may touch behind a record, and the reader behind a text.
  static let margin = 16

  /// The most bytes that the record takes.
  @inline(__always)
  static func maximumByteCount(_ texts: some KeptFields) -> Int {
    var byteCount = headerByteCount
    texts.forEach { byteCount &+= 5 &+ max(Int($0.length), 0) }
    return byteCount
  }

  /// Writes a record of the message at `message`; returns its end.
  ///
  /// The texts are read up to 15 bytes beyond their ends, which are within the chunk's margin.
  @inline(__always)
  static func write(
    _ texts: some KeptFields,
    of message: UnsafeRawPointer,
    time: EventTime,
    amount: Money,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    target.storeBytes(of: time.microseconds, as: Int64.self)
    target.storeBytes(of: amount.hundredths, toByteOffset: 8, as: Int64.self)
    var cursor = target + headerByteCount
    texts.forEach { slice in
      if slice.length < Int32(longLength) {
        let length = slice.isAbsent ? absentLength : UInt8(truncatingIfNeeded: slice.length)
        cursor.storeBytes(of: length, as: UInt8.self)
        cursor += 1
      } else {
        cursor.storeBytes(of: longLength, as: UInt8.self)
        cursor.storeBytes(of: slice.length, toByteOffset: 1, as: Int32.self)
        cursor += 5
      }
    }
    texts.forEach { slice in
      let source = message + Int(slice.offset)
      let count = max(Int(slice.length), 0)
      var offset = 0
      while offset < count {
        let block = source.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
        cursor.storeBytes(of: block, toByteOffset: offset, as: SIMD16<UInt8>.self)
        offset &+= 16
      }
      cursor += count
    }
    return cursor
  }

  /// Where the texts of a record are, read one after another.
  struct Reader {
    /// The texts' slices count from here.
    private(set) var texts: UnsafeMutableRawPointer
    private var lengths: UnsafeMutableRawPointer
    private var offset: UInt32 = 0

    /// - Parameters:
    ///   - record: its first byte.
    ///   - textCount: how many texts its kind has.
    init(_ record: UnsafeMutableRawPointer, textCount: Int) {
      lengths = record + headerByteCount
      texts = lengths
      for _ in 0..<textCount {
        texts += texts.load(as: UInt8.self) == longLength ? 5 : 1
      }
    }

    @inline(__always)
    mutating func next() -> ByteSlice {
      let short = lengths.load(as: UInt8.self)
      lengths += 1
      if short == absentLength { return .absent }
      var length = Int32(short)
      if short == longLength {
        length = lengths.loadUnaligned(as: Int32.self)
        lengths += 4
      }
      defer { offset &+= UInt32(truncatingIfNeeded: length) }
      return ByteSlice(offset: offset, length: length)
    }

    /// Behind the last text, once all were read.
    var end: UnsafeMutableRawPointer { texts + Int(offset) }
  }
}
