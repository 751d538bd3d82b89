import Attribution
import Batch
import Connect
import Dataflow
import Events
import Foundation
import TestSupport
import Testing

/// The batch path and the stream's operator are two programs: here they meet on the same events.
@Suite
struct StreamEqualityTests {
  /// The rows that the stream's operator gives for lines of events, all of which are on time.
  private func streamRows(clicks: String, checkouts: String, rule: AttributionRule) -> [String] {
    var engine = FirstClick(rule: rule)
    var clickDecoder = ClickDecoder()
    var checkoutDecoder = CheckoutDecoder()
    withDecodable(clicks) { lines in
      var batch = ClickBatch()
      _ = clickDecoder.decode(lines: lines, startOffset: 0, limit: .max, into: &batch)
      var verdicts = [Verdict](repeating: .onTime, count: batch.records.count)
      engine.process(batch, verdicts: &verdicts)
    }
    withDecodable(checkouts) { lines in
      var batch = CheckoutBatch()
      _ = checkoutDecoder.decode(lines: lines, startOffset: 0, limit: .max, into: &batch)
      var verdicts = [Verdict](repeating: .onTime, count: batch.records.count)
      engine.process(batch, verdicts: &verdicts)
    }
    engine.advance(to: .endOfInput)
    var answers: [Answer] = []
    engine.drainAnswers(into: &answers)
    var rows = FirstClickRows(.jsonLines)
    rows.append(answers)
    return Self.lines(String(decoding: rows.bytes, as: UTF8.self))
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init).sorted()
  }

  /// Lends a copy of the text with as many readable bytes behind it as decoders need.
  private func withDecodable(_ text: String, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
    var bytes = Array(text.utf8) + [UInt8](repeating: 0, count: 64)
    bytes.withUnsafeMutableBytes { bytes in
      body(UnsafeMutableRawBufferPointer(rebasing: bytes[..<text.utf8.count]))
    }
  }

  @Test(arguments: 1...20)
  func `both give the same rows, every column alike`(seed: Int) throws {
    let world = EventWorld(
      seed: UInt64(1000 + seed),
      clicks: 60 * seed,
      checkouts: 25 * seed,
      users: [1, 5, 200][seed % 3],
      // Few moments: many clicks and checkouts at the same time.
      span: [5, 4000, 30_000, 200_000][seed % 4]
    )
    try withTemporaryDirectory { directory in
      var run = Attributing(
        clicks: try world.clicks.write(.jsonl, into: directory, named: "c", eachOf: 200),
        checkouts: try world.checkouts.write(.jsonl, into: directory, named: "k", eachOf: 90)
      )
      run.settings.rule.window = .seconds([3600, 0, 60][seed / 2 % 3])
      run.settings.partitionByteCount = [500, 50_000][seed % 2]
      run.settings.chunkByteCount = 700
      let (text, _) = try run.run(to: "\(directory)/out.jsonl")
      #expect(
        Self.lines(text)
          == streamRows(
            clicks: world.clicks.text(.jsonl),
            checkouts: world.checkouts.text(.jsonl),
            rule: run.settings.rule
          )
      )
    }
  }
}
