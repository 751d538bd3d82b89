import CZlib
import CZstd

/// Packs text as `gzip` and `zstd` do.
enum Packing {
  /// Packs as the end of a file's name says, or not at all.
  static func pack(_ text: some Collection<UInt8>, as name: String) -> [UInt8] {
    name.hasSuffix(".gz") ? gzip(text) : name.hasSuffix(".zst") ? zstd(text) : Array(text)
  }

  static func gzip(_ text: some Collection<UInt8>) -> [UInt8] {
    var input = Array(text)
    var output = [UInt8](repeating: 0, count: input.count + 1024)
    let written = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        var stream = z_stream()
        deflateInit2_(
          &stream,
          6,
          Z_DEFLATED,
          16 + 15,
          8,
          Z_DEFAULT_STRATEGY,
          ZLIB_VERSION,
          Int32(MemoryLayout<z_stream>.size)
        )
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        deflate(&stream, Z_FINISH)
        deflateEnd(&stream)
        return Int(stream.total_out)
      }
    }
    return Array(output[..<written])
  }

  static func zstd(_ text: some Collection<UInt8>) -> [UInt8] {
    let input = Array(text)
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(input.count))
    let written = ZSTD_compress(&output, output.count, input, input.count, 3)
    return Array(output[..<written])
  }
}
