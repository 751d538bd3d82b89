@testable import Attribution
import TestSupport
import Testing

@Suite struct PackedIDTests {
  private static let prefixes = [
    "", "clk_", "order-", "e", "0", "f-", "-", "prefix-of-16-by", "prefix-of-16-byt",
    "longer-prefix-than-16", "ABC", "\u{e9}\u{e9}-",
  ]

  /// Texts of every form, and such as nearly have one.
  private static func text(_ random: inout SplitMix64) -> String {
    let hex = Array("0123456789abcdef")
    func digits(_ count: Int, _ choices: Int, _ random: inout SplitMix64) -> String {
      String((0..<count).map { _ in hex[Int(random.next() % UInt64(choices))] })
    }
    // Few different digits, so that texts are often the same, or nearly.
    let choices = [1, 2, 10, 16][Int(random.next() % 4)]
    let kind = random.next() % 10
    var text = ""
    if kind < 2 {
      let groups = [8, 4, 4, 4, 12].map { digits($0, choices, &random) }
      text = groups.joined(separator: kind == 0 ? "-" : "")
    } else {
      text = prefixes[Int(random.next() % UInt64(prefixes.count))]
      text += digits(Int(random.next() % 40), choices, &random)
    }
    if kind == 9, let place = text.indices.randomElement(using: &random) {
      text.replaceSubrange(
        place...place,
        with: ["g", "A", "-", ":", "/", "`"].randomElement(using: &random) ?? ""
      )
    }
    return text.isEmpty ? "x" : String(text.prefix(100))
  }

  @Test func `a packed id is its text, in the same order`() {
    var random = SplitMix64(seed: 11)
    let patterns = IDPatterns()
    defer { patterns.deallocate() }
    var packed: [String: (id: PackedID, kept: [UInt8])] = [:]
    for _ in 0..<20_000 {
      let text = Self.text(&random)
      // Behind the text, what must not count.
      var bytes = Array(text.utf8) + (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
      let id = bytes.withUnsafeBytes { patterns.pack($0.baseAddress!, text.utf8.count) }
      var kept = [UInt8](repeating: 0xEE, count: 128)
      bytes.withUnsafeBytes { source in
        kept.withUnsafeMutableBytes { id.write(source.baseAddress!, to: $0.baseAddress!) }
      }
      #expect(kept[PackedID.byteCount(code: id.code)...].allSatisfy { $0 == 0xEE })
      bytes = [UInt8](repeating: 0, count: PackedID.mostBytes)
      let count = kept.withUnsafeBytes { source in
        bytes.withUnsafeMutableBytes {
          patterns.write(id.code, keptAt: source.baseAddress!, to: $0.baseAddress!)
        }
      }
      #expect(String(decoding: bytes[..<count], as: UTF8.self) == text)
      if let former = packed[text] {
        #expect(former.id.code == id.code && former.kept == kept, "\(text) has two forms")
      }
      packed[text] = (id, kept)
    }
    #expect(Set(packed.values.map(\.id.code)).isSuperset(of: [101, 105, 126, 127]))
    let numbers = packed.filter { $0.value.id.isNumber }.sorted {
      $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
    }
    for (_, group) in Dictionary(grouping: numbers, by: \.value.id.code) {
      for (left, right) in zip(group, group.dropFirst()) {
        let (a, b) = (left.value.id, right.value.id)
        #expect((a.first, a.second) < (b.first, b.second), "\(left.key) \(right.key)")
      }
    }
  }

  @Test func `ids in digits take half their bytes`() {
    let patterns = IDPatterns()
    defer { patterns.deallocate() }
    for (text, byteCount) in [
      ("click-10000000000017", 8), ("chk_cf84d66c879ed5da", 8), ("1234567890123456", 8),
      ("0f8fad5b-d9cb-469f-a165-70867728950e", 16), ("0f8fad5bd9cb469fa16570867728950e", 16),
      ("0F8FAD5B-D9CB-469F-A165-70867728950E", 36), ("short-1", 7),
    ] {
      let id = Array(text.utf8).withUnsafeBytes { patterns.pack($0.baseAddress!, $0.count) }
      #expect(PackedID.byteCount(code: id.code) == byteCount, "\(text)")
    }
  }
}
