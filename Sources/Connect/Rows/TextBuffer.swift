import Dataflow
import Events

/// Rows as text, growing at the end; keeps its memory when emptied.
struct TextBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func append(byte: UInt8) { bytes.append(byte) }
  mutating func append(_ text: UnsafeRawBufferPointer) { bytes.append(contentsOf: text) }
  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func append(_ text: StaticString) {
    bytes.append(
      contentsOf: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    )
  }

  mutating func append(_ time: EventTime) {
    append(atMost: EventTime.maximumTextByteCount, time.write(to:))
  }

  /// Nothing for an absent amount.
  mutating func append(_ amount: Money) {
    guard !amount.isAbsent else { return }
    append(atMost: Money.maximumTextByteCount, amount.write(to:))
  }

  mutating func append(_ number: Int64) {
    guard number < 0 || number > 9 else { return append(byte: 0x30 + UInt8(number)) }
    append(String(number))
  }

  /// Appends what `write` leaves at an address with room for so many bytes.
  private mutating func append(atMost byteCount: Int, _ write: (UnsafeMutableRawPointer) -> Int) {
    withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 1) { room in
      guard let start = room.baseAddress else { return }
      bytes.append(contentsOf: room.prefix(write(start)))
    }
  }
}
