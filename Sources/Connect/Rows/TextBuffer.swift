import CScan
import Dataflow
import Events

/// Rows as text, growing at the end; keeps its memory when emptied.
struct TextBuffer: ~Copyable {
  private var start: UnsafeMutableRawPointer
  private var capacity = 64 << 10
  private(set) var count = 0
  private var times = TimeWriter()
  /// The wall-clock time written last: many rows in turn have the same.
  private var wallTime = EventTime.beginning
  private var wallTimeText: [UInt8] = []

  /// Bytes behind the capacity that may be read.
  private static var slack: Int { 64 }

  init() { start = Self.allocate(capacity) }

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

  /// Appends a text that is fit for an unquoted CSV cell as it is, seen at a glance: ASCII without
  /// commas, quotes, backslashes and control characters; others are left alone.
  ///
  /// - Returns: whether it was.
  @inline(__always)
  mutating func append(plainCell text: UnsafeRawBufferPointer) -> Bool {
    guard let source = text.baseAddress, !text.isEmpty else { return false }
    let copy = room(for: text.count)
    copy.copyMemory(from: source, byteCount: text.count)
    let end = copy + text.count
    guard scan_plain_cell(copy, end) >= end, scan_plain_text(copy, end) >= end else {
      return false
    }
    count &+= text.count
    return true
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

  /// As above, for the time at which rows are written.
  mutating func append(wallTime time: EventTime) {
    if time != wallTime {
      wallTime = time
      wallTimeText = Array(time.iso8601.utf8)
    }
    wallTimeText.withUnsafeBytes { append($0) }
  }

  /// Nothing for an absent amount.
  mutating func append(_ amount: Money) {
    guard !amount.isAbsent else { return }
    count &+= amount.write(to: room(for: Money.maximumTextByteCount))
  }

  mutating func append(_ number: Int64) {
    let digits = Self.maximumDigits
    let end = room(for: digits) + digits
    var next = end
    var rest = number.magnitude
    repeat {
      next -= 1
      next.storeBytes(of: 0x30 &+ UInt8(truncatingIfNeeded: rest % 10), as: UInt8.self)
      rest /= 10
    } while rest > 0
    if number < 0 {
      next -= 1
      next.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
    }
    // Moves the digits to where the row goes on; the two places may overlap.
    (start + count).copyMemory(from: next, byteCount: end - next)
    count &+= end - next
  }

  /// Of an Int64, sign included.
  private static var maximumDigits: Int { 20 }

  /// Where the next bytes go, so many at least.
  @inline(__always)
  private mutating func room(for byteCount: Int) -> UnsafeMutableRawPointer {
    if capacity &- count < byteCount { grow(by: byteCount) }
    return start + count
  }

  @inline(never)
  private mutating func grow(by byteCount: Int) {
    capacity = max(capacity * 2, count + byteCount)
    let larger = Self.allocate(capacity)
    larger.copyMemory(from: start, byteCount: count)
    start.deallocate()
    start = larger
  }

  /// Memory that was written: a page that is read first, behind the rows, costs a second page fault
  /// when it is written, and that one interrupts the other cores.
  private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity + slack, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: capacity + slack)
    return memory
  }
}
