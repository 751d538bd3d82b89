/// Bytes that a scanner may read beyond the end of: 64 zeros stand behind them.
package struct ScannableBytes: Sendable {
  package static let paddingByteCount = 64
  /// The bytes, then the padding.
  private var storage: [UInt8]

  package init() { storage = Array(repeating: 0, count: Self.paddingByteCount) }

  package init(_ bytes: some Sequence<UInt8>) {
    storage = Array(bytes)
    storage.append(contentsOf: repeatElement(0, count: Self.paddingByteCount))
  }

  package var count: Int { storage.count - Self.paddingByteCount }

  /// Lends the bytes; behind `count` of them the padding is readable.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withUnsafeBytes { all in
      let bytes = UnsafeRawBufferPointer(rebasing: all.dropLast(Self.paddingByteCount))
      return Swift.Result { () throws(Failure) in try body(bytes) }
    }.get()
  }

  /// Lends the bytes to be changed in place; the padding is not to be written.
  package mutating func withUnsafeMutableBytes<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withUnsafeMutableBytes { all in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: all.dropLast(Self.paddingByteCount))
      return Swift.Result { () throws(Failure) in try body(bytes) }
    }.get()
  }

  /// The whole as text, for messages and documents that are read rarely.
  package var text: String {
    withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// Room for so many bytes, so that they are not moved while they arrive.
  mutating func reserve(_ byteCount: Int) {
    storage.reserveCapacity(byteCount + Self.paddingByteCount)
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    storage.removeLast(Self.paddingByteCount)
    storage.append(contentsOf: bytes)
    storage.append(contentsOf: repeatElement(0, count: Self.paddingByteCount))
  }
}
