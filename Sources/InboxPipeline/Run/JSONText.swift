package import Foundation

/// JSON as the pipeline writes it: for people as for programs, the same bytes for the same value.
package enum JSONText {
  /// Ends with a line feed.
  package static func encode(_ value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // Only floating-point values can fail, and there are none.
    return ((try? encoder.encode(value)) ?? Data()) + Data("\n".utf8)
  }

  /// Ends with a line feed.
  package static func text(_ value: some Encodable) -> String {
    String(decoding: encode(value), as: UTF8.self)
  }
}
