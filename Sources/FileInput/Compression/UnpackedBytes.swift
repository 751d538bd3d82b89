import Connect

/// Unpacks a stream of bytes, over the borders of its members.
protocol Unpacker: AnyObject {
  /// Whether everything so far was whole members.
  var isBetweenMembers: Bool { get }
  /// Unpacks as much as there is input and room for; returns the bytes read and written.
  ///
  /// - Throws: the library's words for what is wrong.
  func unpack(
    _ input: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackFault) -> (read: Int, written: Int)
}

/// Why packed data could not be unpacked.
struct UnpackFault: Error {
  var text: String
}

/// The unpacked bytes of a packed file, from its start to its end.
///
/// Concatenated members (gzip) and frames (zstd) are one stream.
final class UnpackedBytes {
  private static let blockByteCount = 256 << 10

  private let file: OpenFile
  private let compression: Compression
  private let unpacker: any Unpacker
  private let block: UnsafeMutableRawBufferPointer
  /// The part of the block that is still packed.
  private var rest = 0..<0
  /// Where in the file reading goes on.
  private(set) var offset: Int64 = 0

  /// Nil for a file that is not packed.
  init?(of file: OpenFile, _ compression: Compression) throws(ConnectorError) {
    switch compression {
    case .none: return nil
    case .gzip: unpacker = try GzipUnpacker()
    case .zstd: unpacker = try ZstdUnpacker()
    }
    self.file = file
    self.compression = compression
    block = .allocate(byteCount: Self.blockByteCount, alignment: 64)
  }

  deinit { block.deallocate() }

  /// Fills the buffer; returns less than its size only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ConnectorError) -> Int {
    var filled = 0
    while filled < buffer.count {
      if rest.isEmpty { try fill() }
      let input = UnsafeRawBufferPointer(rebasing: block[rest])
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let step: (read: Int, written: Int)
      do throws(UnpackFault) {
        step = try unpacker.unpack(input, into: room)
      } catch {
        throw ConnectorError(
          .permanent,
          "could not unpack \"\(file.path)\": \(error.text) (before byte \(offset))",
          hint: "the file is damaged: copy or pack it again"
        )
      }
      rest = rest.lowerBound + step.read..<rest.upperBound
      filled += step.written
      if input.isEmpty, step.written == 0 { break }
    }
    if filled < buffer.count { try requireEnd() }
    return filled
  }

  private func fill() throws(ConnectorError) {
    let count = Int(min(Int64(block.count), file.stamp.byteCount - offset))
    if let start = block.baseAddress { try file.read(count, at: offset, into: start) }
    offset += Int64(count)
    rest = 0..<count
  }

  private func requireEnd() throws(ConnectorError) {
    guard unpacker.isBetweenMembers else {
      throw ConnectorError(
        .permanent,
        "could not unpack \"\(file.path)\": expected more \(compression.rawValue) data, "
          + "found the end of the file (byte \(offset))",
        hint: "the file was cut off: copy it again"
      )
    }
  }
}
