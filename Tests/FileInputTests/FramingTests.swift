import Testing

@testable import FileInput

@Suite
struct FramingTests {
  /// Where the last whole record of the text ends.
  private func lastRecordEnd(_ text: [UInt8], _ framing: Framing) -> Int? {
    // Reading may go 64 bytes behind the text, and looks at the byte before it.
    let padded = [0x0A] + text + [UInt8](repeating: 0, count: 64)
    return padded.withUnsafeBytes { bytes in
      bytes.baseAddress.flatMap { base in
        framing.lastRecordEnd(from: base + 1, to: base + 1 + text.count).map { $0 - base - 1 }
      }
    }
  }

  @Test
  func `a record that ends with the text is whole`() {
    let text = Array("1,\"a\nb\"\n2,3\n".utf8)
    #expect(lastRecordEnd(text, .rows) == text.count)
    #expect(lastRecordEnd(text, .lines) == text.count)
    #expect(lastRecordEnd(text.dropLast(), .rows) == 8)
    #expect(lastRecordEnd(Array(text.prefix(7)), .rows) == nil)
  }

  /// A search for the line feed behind every cell would take minutes.
  @Test(.timeLimit(.minutes(1)))
  func `a row of many quoted cells is gone over once`() {
    let row = Array(String(repeating: "\"x\",\"y\"\r", count: 1 << 20).utf8)
    #expect(lastRecordEnd(row, .rows) == nil)
    #expect(lastRecordEnd(row + [0x0A] + row, .rows) == row.count + 1)
  }
}
