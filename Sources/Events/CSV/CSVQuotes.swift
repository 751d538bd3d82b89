/// Doubled quotes within quoted cells.
enum CSVQuotes: EscapeStyle {
  static let maximumExpansion = 2

  static func unescape(_ text: UnsafeMutableRawPointer, byteCount: Int) -> Int {
    var written = 0
    var offset = 0
    while offset < byteCount {
      let byte = text.load(fromByteOffset: offset, as: UInt8.self)
      text.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
      written += 1
      offset += byte == UInt8(ascii: "\"") ? 2 : 1
    }
    return written
  }

  static func unescapedByteCount(_ text: UnsafeRawPointer, byteCount: Int) -> Int {
    let text = UnsafeRawBufferPointer(start: text, count: byteCount)
    return byteCount - text.count(where: { $0 == UInt8(ascii: "\"") }) / 2
  }
}
