import CZstd
import Connect

/// Unpacks Zstandard (RFC 8878), one frame after another.
final class ZstdUnpacker: Unpacker {
  private let stream: OpaquePointer
  private(set) var isBetweenMembers = true

  init() throws(ConnectorError) {
    guard let stream = ZSTD_createDStream() else {
      throw ConnectorError(.permanent, "zstd could not be started: no memory")
    }
    self.stream = stream
  }

  deinit { ZSTD_freeDStream(stream) }

  func unpack(
    _ input: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackFault) -> (read: Int, written: Int) {
    guard !input.isEmpty || !isBetweenMembers else { return (0, 0) }
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let code = ZSTD_decompressStream(stream, &target, &source)
    guard ZSTD_isError(code) == 0 else {
      throw UnpackFault(text: String(cString: ZSTD_getErrorName(code)))
    }
    isBetweenMembers = code == 0
    return (source.pos, target.pos)
  }
}
