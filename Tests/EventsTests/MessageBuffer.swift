@testable import Events

/// Bytes with readable padding behind them, as the decoders ask for.
final class MessageBuffer {
  let bytes: UnsafeMutableRawBufferPointer
  private let storage: UnsafeMutableRawBufferPointer

  /// A copy of the text; `padding` fills the bytes behind it, which must not matter.
  init(_ text: some Collection<UInt8>, padding: UInt8 = 0x22) {
    storage = .allocate(byteCount: text.count + 64, alignment: 1)
    storage.initializeMemory(as: UInt8.self, repeating: padding)
    storage.copyBytes(from: text)
    bytes = UnsafeMutableRawBufferPointer(rebasing: storage[..<text.count])
  }

  convenience init(_ text: String) { self.init(Array(text.utf8)) }

  deinit { storage.deallocate() }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension EventRecord {
  /// A field's text; nil when it is absent.
  func text(_ slice: ByteSlice) -> String? {
    guard !slice.isAbsent else { return nil }
    return String(
      decoding: UnsafeRawBufferPointer(
        start: message + Int(slice.offset),
        count: Int(slice.length)
      ),
      as: UTF8.self
    )
  }
}
