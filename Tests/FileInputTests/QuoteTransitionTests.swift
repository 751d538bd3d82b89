import TestSupport
import Testing

@testable import FileInput

/// The transition of a run, worked out in blocks, against one byte after another.
@Suite
struct QuoteTransitionTests {
  /// The state behind the bytes of `text` from `start` on, as the grammar has it.
  private func state(behind text: [UInt8], from start: Int, _ state: QuoteState) -> QuoteState {
    var state = state
    for index in start..<text.count - 1 {
      let isQuote = text[index] == UInt8(ascii: "\"")
      switch state {
      case .outside:
        let beginsCell = [UInt8(ascii: ","), 0x0A].contains(text[index - 1])
        if isQuote, beginsCell { state = .inside }
      case .inside:
        guard isQuote else { continue }
        // The byte behind the run is the file's too.
        state = text[index + 1] == UInt8(ascii: "\"") ? .escaped : .outside
      case .escaped:
        state = .inside
      }
    }
    return state
  }

  private func check(_ text: [UInt8]) {
    // Reading may go 64 bytes behind the run.
    let padded = text + [UInt8](repeating: UInt8(ascii: "\""), count: 64)
    padded.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let transition = QuoteTransition(from: base + 1, to: base + text.count - 1)
      for start in [QuoteState.outside, .inside] {
        #expect(
          transition(start) == state(behind: text, from: 1, start),
          "\(String(decoding: text, as: UTF8.self)) from \(start)"
        )
      }
      if text[1] == UInt8(ascii: "\"") {
        #expect(transition(.escaped) == state(behind: text, from: 1, .escaped))
      }
    }
  }

  @Test(arguments: 1...40)
  func `any bytes`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let alphabet = Array(["\",\nx", "\"\"\"\",x", "\"xxxxxxxxxxxxxx,\n"][Int(seed % 3)].utf8)
    for _ in 0..<200 {
      let count = Int.random(in: 3...400, using: &random)
      check((0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 })
    }
  }

  @Test(arguments: 1...20)
  func `rows as programs write them`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<50 {
      var text: [UInt8] = [0x0A]
      while text.count < 600 {
        let isQuoted = Bool.random(using: &random)
        let cell = (0..<Int.random(in: 0...40, using: &random)).map { _ in
          ["a", "\"\"", ",", "\n"][Int.random(in: 0...(isQuoted ? 3 : 0), using: &random)]
        }.joined()
        text += Array((isQuoted ? "\"\(cell)\"" : cell).utf8)
        text.append(UInt8(ascii: Bool.random(using: &random) ? "," : "\n"))
      }
      // A share may begin and end anywhere.
      let start = Int.random(in: 0..<150, using: &random)
      check(Array(text[start..<Int.random(in: start + 3...text.count, using: &random)]))
    }
  }
}
