import Events
import Testing

@Suite struct KeyedHashSpreadTests {
  private static let seeds = 1_000
  private static let keyCount = 4_096
  private static let lineCount = 512

  /// The most keys in one of as many lines as make 8 the mean, over many seeds; chosen by the keys'
  /// upper halves, as the engine's tables do.
  private func mostInLine(_ key: (KeyedHash, UInt64) -> HashKey) -> Int {
    var most = 0
    var counts = [Int](repeating: 0, count: Self.lineCount)
    for _ in 0..<Self.seeds {
      let hash = KeyedHash()
      for line in counts.indices { counts[line] = 0 }
      for number in 0..<UInt64(Self.keyCount) {
        counts[Int(key(hash, number) >> 55)] += 1
      }
      most = max(most, counts.reduce(0, max))
    }
    return most
  }

  /// 40 in a line come by chance once in some 10^13 lines; a million are looked at.
  @Test func `numbers one after another spread over the lines of a table, whatever the seed`() {
    let most = mostInLine { hash, number in
      hash.fold(0x1000_0000_0000 + number, 0, into: hash.fingerprint(101))
    }
    #expect(most < 40)
  }

  @Test func `texts that end in numbers spread over the lines of a table, whatever the seed`() {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 24, alignment: 8)
    defer { bytes.deallocate() }
    bytes.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "0"))
    guard let text = bytes.baseAddress else { return }
    let most = mostInLine { hash, number in
      for digit in 0..<4 {
        let value = UInt8(truncatingIfNeeded: number >> UInt64(4 * digit)) & 15
        text.storeBytes(of: UInt8(ascii: "a") + value, toByteOffset: 15 - digit, as: UInt8.self)
      }
      return hash.fold(text, 16, into: hash.fingerprint(16))
    }
    #expect(most < 40)
  }
}
