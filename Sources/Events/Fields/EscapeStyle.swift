/// How a format spells text that it cannot hold as it is.
protocol EscapeStyle {
  /// The most bytes that spell one byte.
  static var maximumExpansion: Int { get }
  /// Replaces the escapes of checked text in place; returns the new, smaller, byte count.
  static func unescape(_ text: UnsafeMutableRawPointer, byteCount: Int) -> Int
  /// The byte count of checked text once its escapes are replaced.
  static func unescapedByteCount(_ text: UnsafeRawPointer, byteCount: Int) -> Int
}
