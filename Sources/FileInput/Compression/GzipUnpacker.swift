import CZlib
import Connect

/// Unpacks gzip (RFC 1952) with zlib, one member after another.
///
/// Zeros behind the last member, which fill up the blocks of tapes and devices, count for nothing, as
/// with gzip(1).
final class GzipUnpacker: Unpacker {
  private let stream: UnsafeMutablePointer<z_stream>
  private(set) var isBetweenMembers = true
  /// Whether the zeros behind the last member have begun.
  private var isPadding = false

  init() throws(ConnectorError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 16: a gzip header is expected; 15: the largest window.
    let code = inflateInit2_(stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      stream.deallocate()
      throw ConnectorError(.permanent, "zlib could not be started (code \(code))")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func unpack(
    _ input: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackFault) -> (read: Int, written: Int) {
    guard !input.isEmpty || !isBetweenMembers else { return (0, 0) }
    if isBetweenMembers, isPadding || input.first == 0 {
      isPadding = true
      guard input.allSatisfy({ $0 == 0 }) else {
        throw UnpackFault(text: "expected only zeros behind the last member, found other bytes")
      }
      return (input.count, 0)
    }
    // zlib does not write to its input, though its type does not say so.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    )
    stream.pointee.avail_in = UInt32(clamping: input.count)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(clamping: output.count)
    isBetweenMembers = false
    let code = inflate(stream, Z_NO_FLUSH)
    switch code {
    case Z_STREAM_END:
      isBetweenMembers = true
      inflateReset(stream)
    case Z_OK, Z_BUF_ERROR:
      break
    default:
      throw UnpackFault(text: stream.pointee.msg.map { String(cString: $0) } ?? "code \(code)")
    }
    return (
      input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out)
    )
  }
}
