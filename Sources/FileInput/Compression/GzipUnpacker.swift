import CZlib
import Connect

/// Unpacks gzip (RFC 1952) with zlib, one member after another.
final class GzipUnpacker: Unpacker {
  private let stream: UnsafeMutablePointer<z_stream>
  private(set) var isBetweenMembers = true

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
