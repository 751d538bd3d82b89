import Foundation
import Testing

/// batch-job over more than the memory that it may use.
@Suite struct LargeInputTests {
  private static let lineByteCount = 4096
  private static let linesOfBlock = 256

  /// A line of `lineByteCount` bytes whose number is not written yet, and where it goes.
  private static let line: (text: String, digits: Int) = {
    let start = #"{"event_id":"c"#
    let rest =
      #"00000000","user_id":"u00000000","timestamp":"2025-01-01T00:00:00Z","#
      + #""product_id":"p","product_name":""#
    let end = "\"}\n"
    let name = String(
      repeating: "x",
      count: lineByteCount - start.utf8.count - rest.utf8.count - end.utf8.count
    )
    return (start + rest + name + end, start.utf8.count)
  }()

  /// Writes so many clicks, each of a user and with a text of its own, at nearly the disk's speed.
  private func writeClicks(_ count: Int, to path: String) throws {
    let (line, digits) = Self.line
    let userDigits = digits + #"00000000","user_id":"u"#.utf8.count
    var block = Array(String(repeating: line, count: Self.linesOfBlock).utf8)
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? file.close() }
    for first in stride(from: 0, to: count, by: Self.linesOfBlock) {
      block.withUnsafeMutableBytes { block in
        for index in 0..<Self.linesOfBlock {
          let start = index * Self.lineByteCount
          // The text of every click is another, so that none is shared.
          let end = start + Self.lineByteCount - 3
          for place in [start + digits, start + userDigits, end - 8] {
            Self.write(first + index, to: UnsafeMutableRawBufferPointer(rebasing: block[place...]))
          }
        }
      }
      try file.write(contentsOf: block)
    }
  }

  /// Writes the number's last eight digits.
  private static func write(_ number: Int, to target: UnsafeMutableRawBufferPointer) {
    var rest = number
    for place in (0..<8).reversed() {
      target[place] = UInt8(48 + rest % 10)
      rest /= 10
    }
  }

  @Test func `1 GB of clicks goes through a memory of 32 MiB`() throws {
    let directory = try TemporaryDirectory()
    let count = 1 << 18
    try writeClicks(count, to: directory.path + "/clicks.jsonl")
    let buyers = stride(from: 7, to: count, by: 1000)
    let checkouts = buyers.map { number in
      let digits = "\(100_000_000 + number)".dropFirst()
      return #"{"event_id":"k\#(digits)","user_id":"u\#(digits)","#
        + #""timestamp":"2025-01-01T00:10:00Z","total_amount":1}"#
    }
    try directory.write(checkouts.joined(separator: "\n"), to: "checkouts.jsonl")
    try directory.write("", to: "tmp/none")
    let run = try ProgramRun.run(
      "batch-job",
      [
        "attribute", "--clicks", "clicks.jsonl", "--checkouts", "checkouts.jsonl", "--memory",
        "32MiB", "--workers", "4", "--out", "out.csv",
      ],
      in: directory,
      environment: ["TMPDIR": directory.path + "/tmp"]
    )
    #expect(run.exitCode == 0, "\(run.errors)")
    // 16 MiB of blocks, and one partition of 64 MiB at a time, which is more than there is room for.
    #expect(run.peakByteCount < 160 << 20, "\(run.peakByteCount >> 20) MiB")
    let text = try String(contentsOfFile: directory.path + "/out.csv", encoding: .utf8)
    let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").prefix(4) }
    #expect(rows.count == checkouts.count)
    #expect(rows.allSatisfy { $0.count == 4 && $0[0].dropFirst() == $0[3].dropFirst() })
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: directory.path + "/tmp") == ["none"]
    )
  }
}
