import CScan
import Connect

/// A packed file: one thread after another unpacks its next chunk.
///
/// What a chunk has begun of a record that does not end in it goes in front of the next one.
///
/// Unchecked: the reader lets one thread at a time call it.
final class PackedFile: @unchecked Sendable {
  private let file: InputFile
  private let source: OpenFile
  private let unpacked: UnpackedBytes
  private let framing: Framing
  private let chunkByteCount: Int

  private var carry: [UInt8] = []
  /// Of the next chunk.
  private var offset: Int64
  private var line: Int64 = 1
  private var hasEnded = false

  /// Packed bytes that were read.
  var readByteCount: Int64 { unpacked.offset }

  /// Nil for a file that is not packed.
  init?(_ file: InputFile, chunkByteCount: Int) throws(ConnectorError) {
    source = try OpenFile(file.path, expected: file.stamp)
    guard let unpacked = try UnpackedBytes(of: source, file.compression) else { return nil }
    self.file = file
    self.unpacked = unpacked
    self.chunkByteCount = chunkByteCount
    framing = Framing(file.format)
    offset = file.dataStart
    try skipHeader()
  }

  private func skipHeader() throws(ConnectorError) {
    let header = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Int(file.dataStart),
      alignment: 1
    )
    defer { header.deallocate() }
    _ = try unpacked.read(into: header)
    if let start = header.baseAddress { line += Int64(scan_count(start, 0x0A, header.count)) }
  }

  /// The next chunk; nil at the end.
  func read(into buffer: ChunkBuffer) throws(ConnectorError) -> Chunk? {
    guard !hasEnded else { return nil }
    buffer.reserve(carry.count + chunkByteCount)
    carry.withUnsafeBytes { carry in
      if let start = carry.baseAddress {
        buffer.bytes.copyMemory(from: start, byteCount: carry.count)
      }
    }
    (buffer.bytes - 1).storeBytes(of: 0x0A, as: UInt8.self)
    let (end, filled) = try readRecords(into: buffer, behind: carry.count)
    let chunk = UnsafeMutableRawBufferPointer(start: buffer.bytes, count: end)
    carry.removeAll(keepingCapacity: true)
    carry.append(
      contentsOf: UnsafeRawBufferPointer(start: buffer.bytes + end, count: filled - end)
    )
    let lines = Chunk.Lines(first: line, ends: Self.lineEnds(of: chunk))
    defer {
      offset += Int64(chunk.count)
      line += Int64(lines.ends.count)
    }
    return chunk.isEmpty ? nil : Chunk(file: file, bytes: chunk, offset: offset, lines: lines)
  }

  /// Unpacks at least one record whole, or what is left.
  ///
  /// - Returns: where the last whole record ends, and how far the buffer is filled.
  private func readRecords(
    into buffer: ChunkBuffer,
    behind carried: Int
  ) throws(ConnectorError) -> (end: Int, filled: Int) {
    var filled = carried
    while true {
      guard filled < PlainFile.longestRecordByteCount else { throw tooLong() }
      let room = max(chunkByteCount, filled)
      buffer.reserve(filled + room, keeping: filled)
      let count = try unpacked.read(
        into: UnsafeMutableRawBufferPointer(start: buffer.bytes + filled, count: room)
      )
      filled += count
      (buffer.bytes + filled).storeBytes(of: 0, as: UInt8.self)
      hasEnded = count < room
      if hasEnded {
        try source.requireUnchanged()
        return (filled, filled)
      }
      let end = framing.lastRecordEnd(from: buffer.bytes, to: buffer.bytes + filled)
      if let end { return (end - UnsafeRawPointer(buffer.bytes), filled) }
    }
  }

  private static func lineEnds(of chunk: UnsafeMutableRawBufferPointer) -> [Int] {
    guard let start = chunk.baseAddress else { return [] }
    var ends: [Int] = []
    var place = scan_until(start, 0x0A, chunk.count)
    while place < chunk.count {
      ends.append(place)
      place += 1 + scan_until(start + place + 1, 0x0A, chunk.count - place - 1)
    }
    return ends
  }

  private func tooLong() -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not read \"\(file.path)\": the record on line \(line) is longer than "
        + "\(PlainFile.longestRecordByteCount >> 20) MiB",
      hint: file.format == .csv ? "is a quote not closed there?" : nil
    )
  }
}
