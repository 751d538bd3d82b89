import Dataflow
import Events

/// Rows as text, growing at the end; keeps its memory when emptied.
struct TextBuffer: ~Copyable {
  private var start: UnsafeMutableRawPointer
  private var capacity = 64 << 10
  private(set) var count = 0
  private var times = TimeWriter()

  init() { start = .allocate(byteCount: capacity, alignment: 16) }

  deinit { start.deallocate() }

  /// Valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  mutating func removeAll() { count = 0 }

  @inline(__always)
  mutating func append(byte: UInt8) {
    room(for: 1).storeBytes(of: byte, as: UInt8.self)
    count &+= 1
  }

  @inline(__always)
  mutating func append(_ text: UnsafeRawBufferPointer) {
    guard let source = text.baseAddress else { return }
    room(for: text.count).copyMemory(from: source, byteCount: text.count)
    count &+= text.count
  }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(_ time: EventTime) {
    count &+= times.write(time, to: room(for: EventTime.maximumTextByteCount))
  }

  /// Nothing for an absent amount.
  mutating func append(_ amount: Money) {
    guard !amount.isAbsent else { return }
    count &+= amount.write(to: room(for: Money.maximumTextByteCount))
  }

  mutating func append(_ number: Int64) {
    guard number < 0 || number > 9 else { return append(byte: 0x30 &+ UInt8(number)) }
    append(String(number))
  }

  /// Where the next bytes go, so many at least.
  @inline(__always)
  private mutating func room(for byteCount: Int) -> UnsafeMutableRawPointer {
    if capacity &- count < byteCount { grow(by: byteCount) }
    return start + count
  }

  @inline(never)
  private mutating func grow(by byteCount: Int) {
    capacity = max(capacity * 2, count + byteCount)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: start, byteCount: count)
    start.deallocate()
    start = larger
  }
}
