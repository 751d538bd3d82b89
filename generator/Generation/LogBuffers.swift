import Connect

/// Lines on their way into the log: one buffer per stream and partition, handed on when it is full.
final class LogBuffers {
  private static let byteCount = 256 << 10

  private let writer: any LogWriter
  private let memory: UnsafeMutableRawBufferPointer
  /// Ends of what is filled, by buffer; clicks and checkouts of a partition side by side.
  private var filled: [Int]
  private(set) var byteCount = 0

  init(writer: any LogWriter) {
    self.writer = writer
    filled = Array(repeating: 0, count: 2 * writer.partitionCount)
    memory = .allocate(byteCount: Self.byteCount * filled.count, alignment: 64)
  }

  deinit { memory.deallocate() }

  /// Appends what `write` writes, at most `EventEncoder.longestLine` bytes, whole lines.
  @inline(__always)
  func append(
    to stream: Event.Stream,
    partition: Int,
    _ write: (inout LineCursor) -> Void
  ) throws(ConnectorError) {
    let buffer = 2 * partition + Int(stream.rawValue)
    if filled[buffer] > Self.byteCount - EventEncoder.longestLine { try handOn(buffer) }
    guard let base = memory.baseAddress else { return }
    let start = base + buffer * Self.byteCount
    var line = LineCursor(next: start + filled[buffer])
    write(&line)
    filled[buffer] = line.next - start
  }

  /// Hands everything on that is still here.
  func flush() throws(ConnectorError) {
    for buffer in filled.indices where filled[buffer] > 0 { try handOn(buffer) }
  }

  private func handOn(_ buffer: Int) throws(ConnectorError) {
    let start = buffer * Self.byteCount
    try writer.append(
      UnsafeRawBufferPointer(rebasing: memory[start..<start + filled[buffer]]),
      to: buffer & 1 == 0 ? .clicks : .checkouts,
      partition: buffer / 2
    )
    byteCount += filled[buffer]
    filled[buffer] = 0
  }
}
