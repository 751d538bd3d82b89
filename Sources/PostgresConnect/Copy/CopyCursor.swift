import Dataflow
import Events

/// Writes fields of PostgreSQL's binary COPY format, one behind the other, without bounds checks.
///
/// A field is a big-endian Int32 byte count (-1 for NULL) and the bytes. Whoever makes the cursor
/// has reserved the room. Source: PostgreSQL manual, COPY, "Binary Format".
struct CopyCursor {
  /// Where the next byte goes.
  private(set) var next: UnsafeMutableRawPointer

  @inline(__always)
  init(_ start: UnsafeMutableRawPointer) { next = start }

  /// The row's header: how many fields follow.
  @inline(__always)
  mutating func startRow(fieldCount: Int16) { store(fieldCount) }

  /// A text field of a message, copied 16 bytes at a time.
  ///
  /// Reads up to 16 bytes behind the slice (a message has 64 readable bytes behind it) and writes
  /// as many behind the field: the next field or the buffer's slack takes them.
  @inline(__always)
  mutating func text(_ slice: ByteSlice, of message: UnsafeRawPointer) {
    next += CopyField.writeVectors(text: slice, of: message, to: next)
  }

  /// A jsonb field: version 1, then the JSON text.
  @inline(__always)
  mutating func json(_ slice: ByteSlice, of message: UnsafeRawPointer) {
    guard !slice.isAbsent else { return null() }
    store(slice.length &+ 1)
    store(1 as UInt8)
    let length = Int(slice.length)
    CopyField.copyVectors(from: message + Int(slice.offset), to: next, byteCount: length)
    next += length
  }

  /// Text or bytea from anywhere.
  @inline(__always)
  mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
    next += CopyField.write(text: bytes, to: next)
  }

  /// Fields that are encoded already.
  @inline(__always)
  mutating func fields(_ encoded: UnsafeRawBufferPointer) {
    guard let start = encoded.baseAddress else { return }
    next.copyMemory(from: start, byteCount: encoded.count)
    next += encoded.count
  }

  mutating func text(_ string: StaticString) {
    bytes(UnsafeRawBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount))
  }

  @inline(__always)
  mutating func null() { store(-1 as Int32) }

  mutating func nulls(_ count: Int) { for _ in 0..<count { null() } }

  @inline(__always)
  mutating func int32(_ value: Int32) { next += CopyField.write(int32: value, to: next) }

  mutating func int64(_ value: Int64) {
    store(8 as Int32)
    store(value)
  }

  mutating func bool(_ value: Bool) {
    store(1 as Int32)
    store(value ? 1 : 0 as UInt8)
  }

  @inline(__always)
  mutating func time(_ time: EventTime) { next += CopyField.write(timestamp: time, to: next) }

  @inline(__always)
  mutating func money(_ amount: Money) { next += CopyField.write(money: amount, to: next) }

  @inline(__always)
  private mutating func store(_ value: some FixedWidthInteger & BitwiseCopyable) {
    next.storeBytes(of: value.bigEndian, as: type(of: value))
    next += value.bitWidth / 8
  }
}
