import CScan

/// Doubled quotes within quoted cells.
enum CSVQuotes: EscapeStyle {
  static let maximumExpansion = 2

  static func unescape(_ text: UnsafeMutableRawPointer, byteCount: Int) -> Int {
    withUnsafeTemporaryAllocation(byteCount: byteCount + 16, alignment: 1) { copy in
      guard let start = copy.baseAddress else { return 0 }
      let written = scan_unquote(text, byteCount, start)
      text.copyMemory(from: start, byteCount: written)
      return written
    }
  }

  static func unescapedByteCount(_ text: UnsafeRawPointer, byteCount: Int) -> Int {
    let text = UnsafeRawBufferPointer(start: text, count: byteCount)
    return byteCount - text.count(where: { $0 == UInt8(ascii: "\"") }) / 2
  }
}
