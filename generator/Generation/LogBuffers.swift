import Connect

/// Lines on their way into the log: one buffer per stream and partition, handed on when it is full.
final class LogBuffers {
  private static let byteCount = 256 << 10
  private static let lineCount = 1024

  private let writer: any LogWriter
  private let lines: UnsafeMutableRawBufferPointer
  private let keys: UnsafeMutableRawBufferPointer
  private let marks: UnsafeMutableBufferPointer<KeyedLines.Mark>
  /// What is filled, by buffer; clicks and checkouts of a partition side by side.
  private var filled: [Filling]
  private(set) var byteCount = 0

  /// How many lines a buffer holds, and where they and their keys end.
  private struct Filling {
    var count = 0
    var end = KeyedLines.Mark(lineEnd: 0, keyEnd: 0)
  }

  init(writer: any LogWriter) {
    self.writer = writer
    let count = 2 * writer.partitionCount
    filled = Array(repeating: Filling(), count: count)
    lines = .allocate(byteCount: Self.byteCount * count, alignment: 64)
    keys = .allocate(byteCount: Self.lineCount * Users.longestID * count, alignment: 64)
    marks = .allocate(capacity: Self.lineCount * count)
  }

  deinit {
    lines.deallocate()
    keys.deallocate()
    marks.deallocate()
  }

  /// Appends what `write` writes: a whole line of at most `EventEncoder.longestLine` bytes and its
  /// key of at most `Users.longestID`.
  @inline(__always)
  func append(
    to stream: Event.Stream,
    partition: Int,
    _ write: (_ line: inout LineCursor, _ key: inout LineCursor) -> Void
  ) throws(ConnectorError) {
    let buffer = 2 * partition + Int(stream.rawValue)
    if filled[buffer].count == Self.lineCount
      || Int(filled[buffer].end.lineEnd) > Self.byteCount - EventEncoder.longestLine
    {
      try handOn(buffer)
    }
    guard let lines = lines.baseAddress, let keys = keys.baseAddress else { return }
    let lineStart = lines + buffer * Self.byteCount
    let keyStart = keys + buffer * Self.lineCount * Users.longestID
    var filling = filled[buffer]
    var line = LineCursor(next: lineStart + Int(filling.end.lineEnd))
    var key = LineCursor(next: keyStart + Int(filling.end.keyEnd))
    write(&line, &key)
    filling.end = KeyedLines.Mark(
      lineEnd: UInt32(truncatingIfNeeded: line.next - lineStart),
      keyEnd: UInt32(truncatingIfNeeded: key.next - keyStart)
    )
    marks[buffer * Self.lineCount + filling.count] = filling.end
    filling.count &+= 1
    filled[buffer] = filling
  }

  /// Hands everything on that is still here.
  func flush() throws(ConnectorError) {
    for buffer in filled.indices where filled[buffer].count > 0 { try handOn(buffer) }
  }

  private func handOn(_ buffer: Int) throws(ConnectorError) {
    let filling = filled[buffer]
    let byteCount = Int(filling.end.lineEnd)
    let lineStart = buffer * Self.byteCount
    let keyStart = buffer * Self.lineCount * Users.longestID
    let markStart = buffer * Self.lineCount
    try writer.append(
      KeyedLines(
        bytes: UnsafeRawBufferPointer(rebasing: lines[lineStart..<lineStart + byteCount]),
        keys: UnsafeRawBufferPointer(
          rebasing: keys[keyStart..<keyStart + Int(filling.end.keyEnd)]
        ),
        marks: UnsafeBufferPointer(rebasing: marks[markStart..<markStart + filling.count])
      ),
      to: buffer & 1 == 0 ? .clicks : .checkouts,
      partition: buffer / 2
    )
    self.byteCount += byteCount
    filled[buffer] = Filling()
  }
}
