import Connect
import Synchronization

/// A file that is not packed: several threads read its chunks at the same time.
///
/// ```
/// file     |header|---- chunk 0 ----|---- chunk 1 ----|-- chunk 2 --|
/// records         |-------|------|------|--------|----------|-------|
/// read as         |  chunk 0            | chunk 1           | chunk 2
/// ```
/// A chunk has the records that begin in its share of the bytes. Where a share begins within quotes,
/// nobody can tell from the share alone: every thread works out what its share makes of either state,
/// then waits for the state at its start, which takes as long as the same work on the shares before.
final class PlainFile: Sendable {
  /// How far behind a share reading goes at first, to meet the end of its last record.
  private static let tailByteCount = 4 << 10
  static let longestRecordByteCount = 256 << 20

  let chunkCount: Int
  private let file: InputFile
  private let source: OpenFile
  private let framing: Framing
  private let shareByteCount: Int
  /// By chunk: the state at the start of its share.
  private let states: Gate<[QuoteState?]>
  private let remainingCount: Atomic<Int>

  init(_ file: InputFile, shareByteCount: Int) throws(ConnectorError) {
    self.file = file
    self.shareByteCount = shareByteCount
    source = try OpenFile(file.path, expected: file.stamp)
    framing = Framing(file.format)
    let byteCount = Int(file.byteCount - file.dataStart)
    chunkCount = byteCount / shareByteCount + (byteCount % shareByteCount > 0 ? 1 : 0)
    states = Gate([.outside] + [QuoteState?](repeating: nil, count: chunkCount))
    remainingCount = Atomic(chunkCount)
  }

  /// Bytes of a chunk's share.
  func shareByteCount(of index: Int) -> Int {
    let start = file.dataStart + Int64(index) * Int64(shareByteCount)
    return Int(min(Int64(shareByteCount), file.byteCount - start))
  }

  /// Reads a chunk; nil if no record begins in its share.
  ///
  /// Each chunk once, and by as many threads as there are chunks begun, since they wait for each
  /// other in ascending order.
  func read(_ index: Int, into buffer: ChunkBuffer) throws(ConnectorError) -> Chunk? {
    do throws(ConnectorError) {
      let chunk = try readShare(index, into: buffer)
      if remainingCount.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        try source.requireUnchanged()
      }
      return chunk
    } catch {
      states.fail(error)
      throw error
    }
  }

  private func readShare(
    _ index: Int,
    into buffer: ChunkBuffer
  ) throws(ConnectorError) -> Chunk? {
    let start = file.dataStart + Int64(index) * Int64(shareByteCount)
    let share = shareByteCount(of: index)
    let filled = Int(min(Int64(share + Self.tailByteCount), file.byteCount - start))
    try read(to: filled, from: start, into: buffer)
    // The byte before the share tells whether a record begins with it.
    let before: UInt8 = index == 0 ? 0x0A : try byte(at: start - 1)
    (buffer.bytes - 1).storeBytes(of: before, as: UInt8.self)

    let state = try settleStates(of: index, buffer.bytes, share)
    let found = framing.recordStart(
      from: buffer.bytes,
      state.start,
      to: buffer.bytes + share
    )
    guard let first = found.map({ $0 - UnsafeRawPointer(buffer.bytes) }), first < share else {
      return nil
    }
    guard let end = try readLastRecord(of: share, from: start, state.end, into: buffer, filled)
    else { throw tooLong(at: start + Int64(first)) }
    return Chunk(
      file: file,
      bytes: UnsafeMutableRawBufferPointer(start: buffer.bytes + first, count: end - first),
      offset: start + Int64(first),
      lines: nil
    )
  }

  /// Reads on until the record at the end of a share is whole, or the file has ended.
  ///
  /// - Returns: where it ends, relative to the buffer; nil if it is too long.
  private func readLastRecord(
    of share: Int,
    from start: Int64,
    _ state: QuoteState,
    into buffer: ChunkBuffer,
    _ byteCount: Int
  ) throws(ConnectorError) -> Int? {
    let rest = file.byteCount - start
    var filled = byteCount
    while true {
      let end = recordEnd(buffer, from: share, state, to: filled)
      if end != nil || Int64(filled) == rest { return end ?? filled }
      let wanted = Int(min(Int64(max(filled * 2, share + (64 << 10))), rest))
      guard wanted - share < Self.longestRecordByteCount else { return nil }
      try read(to: wanted, from: start, into: buffer, keeping: filled)
      filled = wanted
    }
  }

  /// Fills the buffer with so many bytes of the file, and a zero behind them.
  private func read(
    to filled: Int,
    from start: Int64,
    into buffer: ChunkBuffer,
    keeping kept: Int = 0
  ) throws(ConnectorError) {
    buffer.reserve(filled, keeping: kept)
    try source.read(filled - kept, at: start + Int64(kept), into: buffer.bytes + kept)
    (buffer.bytes + filled).storeBytes(of: 0, as: UInt8.self)
  }

  private func byte(at offset: Int64) throws(ConnectorError) -> UInt8 {
    var byte: UInt8 = 0
    try withUnsafeMutableBytes(of: &byte) { bytes throws(ConnectorError) in
      guard let start = bytes.baseAddress else { return }
      try source.read(1, at: offset, into: start)
    }
    return byte
  }

  /// Where the first record behind the share begins, relative to the buffer.
  private func recordEnd(
    _ buffer: ChunkBuffer,
    from share: Int,
    _ state: QuoteState,
    to filled: Int
  ) -> Int? {
    framing.recordStart(from: buffer.bytes + share, state, to: buffer.bytes + filled)
      .map { $0 - UnsafeRawPointer(buffer.bytes) }
  }

  /// The states at the start and at the end of a share; lets the next share know.
  private func settleStates(
    of index: Int,
    _ bytes: UnsafeRawPointer,
    _ share: Int
  ) throws(ConnectorError) -> (start: QuoteState, end: QuoteState) {
    guard case .rows = framing else { return (.outside, .outside) }
    let transition = QuoteTransition(from: bytes, to: bytes + share)
    let start = try states.wait { $0[index] }
    let end = transition(start)
    try states.update { $0[index + 1] = end }
    return (start, end)
  }

  private func tooLong(at offset: Int64) -> ConnectorError {
    let line = file.line(at: offset).map { "line \($0)" } ?? "byte \(offset)"
    return ConnectorError(
      .permanent,
      "could not read \"\(file.path)\": a record from \(line) on is longer than "
        + "\(Self.longestRecordByteCount >> 20) MiB",
      hint: file.format == .csv ? "is a quote not closed there?" : nil
    )
  }
}
