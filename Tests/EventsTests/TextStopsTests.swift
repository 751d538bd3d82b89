import CScan
import TestSupport
import Testing

@testable import Events

/// Looks for the end of plain text, marked and not, against a search byte by byte.
@Suite struct TextStopsTests {
  @Test(arguments: [0, 1, 63, 64, 65, 700, 8191, 8192, 8193, 9000])
  func `a look finds the first byte that is not plain`(marked: Int) throws {
    let text = Self.text(byteCount: 9000)
    let buffer = MessageBuffer(text)
    let start = try #require(UnsafeRawPointer(buffer.bytes.baseAddress))
    withStops { stops in
      stops.mark(start, byteCount: marked)
      #expect(stops.cover(start, byteCount: min(marked, 8192)))
      for position in stride(from: 0, to: text.count, by: 3) {
        let end = min(position + 400, text.count)
        let expected = text[position..<end].firstIndex(where: Self.isStop) ?? end
        let found = stops.next(from: start + position, to: start + end) - start
        #expect(min(found, end) == expected, "from \(position), \(marked) marked")
      }
    }
  }

  @Test func `nothing is marked at first, and what is not is searched`() throws {
    let buffer = MessageBuffer("plain text\" and more")
    let start = try #require(UnsafeRawPointer(buffer.bytes.baseAddress))
    withStops { stops in
      #expect(!stops.cover(start, byteCount: 1))
      #expect(stops.next(from: start, to: start + 20) - start == 10)
      stops.mark(start + 8, byteCount: 4)
      #expect(!stops.cover(start, byteCount: 4))
      #expect(stops.next(from: start, to: start + 20) - start == 10)
    }
  }

  @Test func `every byte is plain or not, wherever it stands`() throws {
    for byte in UInt8.min ... .max {
      for place in [0, 31, 32, 63, 64, 100] {
        var text = [UInt8](repeating: UInt8(ascii: "a"), count: 128)
        text[place] = byte
        let buffer = MessageBuffer(text)
        let start = try #require(UnsafeRawPointer(buffer.bytes.baseAddress))
        withStops { stops in
          stops.mark(start, byteCount: text.count)
          let found = stops.next(from: start, to: start + text.count) - start
          #expect((found == place) == Self.isStop(byte), "\(byte) at \(place)")
        }
      }
    }
  }

  private func withStops(_ body: (inout TextStops) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: TextStops.wordCount) { words in
      guard let words = words.baseAddress else { return }
      var stops = TextStops(words: words)
      body(&stops)
    }
  }

  private static func isStop(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 || byte >= 0x80
  }

  /// Stretches of plain text of up to 300 bytes between stops of all kinds.
  private static func text(byteCount: Int) -> [UInt8] {
    var random = SplitMix64(seed: 5)
    let plain: [UInt8] = [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x61, 0x7f]
    let stops: [UInt8] = [0x22, 0x5c, 0x00, 0x1f, 0x0a, 0x80, 0xff]
    var text: [UInt8] = []
    while text.count < byteCount {
      for _ in 0..<Int.random(in: 0...300, using: &random) {
        text.append(plain[Int.random(in: plain.indices, using: &random)])
      }
      text.append(stops[Int.random(in: stops.indices, using: &random)])
    }
    return Array(text.prefix(byteCount))
  }
}

extension TextStops {
  fileprivate func next(
    from position: UnsafeRawPointer,
    to end: UnsafeRawPointer
  ) -> UnsafeRawPointer {
    var marked = marked
    return scan_marked_plain_text(&marked, position, end)
  }
}
