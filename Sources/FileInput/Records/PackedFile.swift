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
    source = try OpenFile(file.path, expected: file.status)
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
    var filled = carry.count
    (buffer.bytes - 1).storeBytes(of: 0x0A, as: UInt8.self)
    var end: Int?
    while end == nil, !hasEnded {
      guard filled < PlainFile.longestRecordByteCount else { throw tooLong() }
      let room = max(chunkByteCount, filled)
      buffer.reserve(filled + room, keeping: filled)
      let count = try unpacked.read(
        into: UnsafeMutableRawBufferPointer(start: buffer.bytes + filled, count: room)
      )
      filled += count
      hasEnded = count < room
      (buffer.bytes + filled).storeBytes(of: 0, as: UInt8.self)
      end = framing.lastRecordEnd(from: buffer.bytes, to: buffer.bytes + filled)
        .map { $0 - UnsafeRawPointer(buffer.bytes) }
    }
    if hasEnded {
      end = filled
      try source.requireUnchanged()
    }
    let chunk = UnsafeMutableRawBufferPointer(start: buffer.bytes, count: end ?? filled)
    carry.removeAll(keepingCapacity: true)
    carry.append(
      contentsOf: UnsafeRawBufferPointer(
        start: buffer.bytes + chunk.count,
        count: filled - chunk.count
      )
    )
    let lines = Chunk.Lines(first: line, ends: Self.lineEnds(of: chunk))
    defer {
      offset += Int64(chunk.count)
      line += Int64(lines.ends.count)
    }
    return chunk.isEmpty ? nil : Chunk(file: file, bytes: chunk, offset: offset, lines: lines)
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
