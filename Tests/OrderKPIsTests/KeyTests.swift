import TestSupport
import Testing

@testable import OrderKPIs

@Suite struct KeyTests {
  @Test func `two ids have one key exactly if they are the same text`() {
    let keys = KeyMaker()
    var texts = [
      "", "0", "00", "7", "07", "+7", "-7", "7.0", " 7", "a", "A", "é", "e\u{301}", "99999999",
      "100000000", "9999999999999999", "10000000000000000", "18446744073709551615", "1e3",
      "3f2504e0-4f89-41d3-9a0c-0305e82c3301", String(repeating: "x", count: 300),
    ]
    texts += (0..<2000).map(String.init) + (0..<2000).map { "order-\($0)" }
    var seen: [RowKey: String] = [:]
    for text in texts {
      let key = key(of: text, keys)
      #expect(key == self.key(of: text, keys))
      #expect(key != .none)
      #expect(seen[key, default: text].utf8.elementsEqual(text.utf8))
      seen[key] = text
    }
  }

  @Test func `digits behind a text are no part of it`() {
    let keys = KeyMaker()
    #expect(key(of: "12", keys).number == 12)
    #expect(key(of: "12345678", keys).number == 12_345_678)
    #expect(key(of: "1234567890123456", keys).number == 1_234_567_890_123_456)
    #expect(key(of: "12345678901234567", keys).number == nil)
    #expect(key(of: "12345678x", keys).number == nil)
  }

  @Test func `a table numbers keys in the order in which they come`() {
    let keys = KeyMaker()
    var table = RowKeyTable(keys)
    var numbers: [RowKey: Int] = [:]
    var random = SplitMix64(seed: 5)
    for round in 0..<3 {
      for _ in 0..<5000 {
        let key = RowKey(low: random.next() % 3000, high: UInt32(random.next() % 2))
        let isNew = numbers[key] == nil
        let number = numbers[key] ?? numbers.count
        numbers[key] = number
        let found = table.insert(key)
        #expect(found.number == number && found.isNew == isNew)
        #expect(table.number(of: key) == number)
      }
      #expect(table.count == numbers.count)
      #expect(table.number(of: RowKey(low: 4000, high: 0)) == nil)
      table.reset(expecting: 100 * round)
      numbers = [:]
    }
  }

  private func key(of text: String, _ keys: KeyMaker) -> RowKey {
    var bytes = Array(text.utf8) + Array("77777777777777777777".utf8)
    return bytes.withUnsafeMutableBytes {
      keys.key(CellText(rebasing: $0.prefix(text.utf8.count)))
    }
  }
}
