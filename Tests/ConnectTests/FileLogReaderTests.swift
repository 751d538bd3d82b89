import Foundation
import TestSupport
import Testing

@testable import Connect

@Suite struct FileLogReaderTests {
  @Test(arguments: 1...24)
  func `runs are whole lines, whatever their size`(byteCount: Int) throws {
    let text = Array("a\nbb\r\n\nccc\n\n\r\ndddddddd\ne".utf8)
    try LogDirectory.with(clicks: String(decoding: text, as: UTF8.self)) { log in
      let reader = try log.open()
      var read: [UInt8] = []
      while case let run = try reader.read(atMost: byteCount), !run.isEmpty {
        #expect(run.startOffset == Int64(read.count))
        #expect(run.startPosition.token == "0.jsonl:\(read.count)")
        read += run.bytes
        #expect(read.last == UInt8(ascii: "\n") || read == text)
        let cut = read == text ? "+\(text.count)" : ""
        #expect(reader.position.token == "0.jsonl:\(read.count)\(cut)")
        #expect(try reader.lag() == Int64(text.count - read.count))
      }
      #expect(read == text)
      #expect(try reader.read(atMost: byteCount).isCaughtUp)
    }
  }

  @Test(arguments: 0...12)
  func `reading goes on at any record's start`(skipped: Int) throws {
    let lines = (0..<12).map { String(repeating: "x", count: $0) + "\n" }
    try LogDirectory.with(clicks: lines.joined()) { log in
      let offset = lines.prefix(skipped).joined().utf8.count
      let reader = try log.open(at: SourcePosition("0.jsonl:\(offset)"))
      #expect(try reader.text(atMost: 1000) == lines.dropFirst(skipped).joined())
    }
  }

  @Test(arguments: [ReadBound.never, .endOfLog])
  func `an unterminated last line is a record of a bounded log only`(bound: ReadBound) throws {
    try LogDirectory.with(clicks: "a\nb") { log in
      let reader = try log.open(until: bound)
      let first = try reader.read(atMost: 100)
      #expect(first.text == "a\n")
      #expect(first.isCaughtUp == (bound == .never))
      let second = try reader.read(atMost: 100)
      #expect(second.text == (bound == .never ? "" : "b"))
      #expect(second.isCaughtUp)
    }
  }

  @Test func `what a write under way has got to is not the log's last line`() throws {
    try LogDirectory.with(clicks: "a\nb") { log in
      var rest = ["c", "d\ne\nf", ""]
      let reader = try FileLogReader(
        path: log.path(.clicks, "0.jsonl"),
        start: FilePosition(name: "0.jsonl", offset: 0),
        until: .endOfLog,
        awaitWriter: { try? log.append(rest.removeFirst(), to: .clicks) }
      )
      var runs: [String] = []
      while case let run = try reader.read(atMost: 100), !run.isEmpty { runs.append(run.text) }
      #expect(runs == ["a\n", "bcd\ne\n", "f"])
      #expect(rest.isEmpty)
    }
  }

  /// Bounded runs over a log that grows in between, wherever it is cut; then it is read again.
  @Test(arguments: 0...10)
  func `lines that a run has cut are cut again by those who read them later`(first: Int) throws {
    let text = Array("ab\ncd\r\n\nef".utf8)
    for second in first...text.count {
      try LogDirectory.with(clicks: "") { log in
        var position: SourcePosition?
        var read: [String] = []
        for part in [text[..<first], text[first..<second], text[second...]] {
          try log.append(String(decoding: part, as: UTF8.self), to: .clicks)
          let reader = try FileLogReader(
            path: log.path(.clicks, "0.jsonl"),
            start: position.flatMap { FilePosition($0) }
              ?? FilePosition(name: "0.jsonl", offset: 0),
            until: .endOfLog,
            awaitWriter: {}
          )
          read += try reader.lines()
          position = reader.position
        }
        let again = try log.open(until: .position(try #require(position)))
        #expect(try again.lines() == read)
        #expect(read.joined() == "abcdef")
      }
    }
  }

  @Test func `a file is followed while it grows, byte by byte`() throws {
    let text = Array("alpha\nbeta\r\n\ngamma\n".utf8)
    try LogDirectory.with(clicks: "") { log in
      let reader = try log.open(until: .never)
      var read: [UInt8] = []
      for (index, byte) in text.enumerated() {
        try log.append(String(decoding: [byte], as: UTF8.self), to: .clicks)
        let run = try reader.read(atMost: 100)
        #expect(run.isCaughtUp)
        read += run.bytes
        let written = text[...index]
        let whole = written.lastIndex(of: UInt8(ascii: "\n")).map { written[...$0] } ?? []
        #expect(read == Array(whole))
      }
      #expect(read == text)
    }
  }

  @Test func `reading ends exactly at a committed position`() throws {
    try LogDirectory.with(clicks: "a\nb\nc\nd") { log in
      let reader = try log.open(
        at: SourcePosition("0.jsonl:2"),
        until: .position(SourcePosition("0.jsonl:6"))
      )
      #expect(try reader.lag() == 4)
      let run = try reader.read(atMost: 100)
      #expect(run.text == "b\nc\n")
      #expect(run.isCaughtUp)
      #expect(try reader.read(atMost: 100).isEmpty)
      let whole = try log.open(until: .position(SourcePosition("0.jsonl:7")))
      #expect(try whole.text(atMost: 100) == "a\nb\nc\nd")
    }
  }

  @Test func `lines longer than the buffer are read whole`() throws {
    let long = String(repeating: "x", count: 5_000_000)
    let lines = ["short\n", long + "\n", "short\n", long + "\r\n", "\n", long]
    try LogDirectory.with(clicks: lines.joined()) { log in
      let reader = try log.open()
      var runs: [Int] = []
      while case let run = try reader.read(atMost: 10), !run.isEmpty {
        runs.append(run.bytes.count)
      }
      #expect(runs == [6, 5_000_001, 6, 5_000_002, 1, 5_000_000])
    }
  }

  @Test func `a large file is read to the last byte`() throws {
    let lines = (0..<200_000).map { "{\"line\": \($0)}\n" }
    try LogDirectory.with(clicks: lines.joined()) { log in
      let text = try log.open().text(atMost: 64 << 10)
      #expect(text.utf8.elementsEqual(lines.joined().utf8))
    }
  }

  @Test func `64 bytes behind a run are readable, and a run may be rewritten`() throws {
    try LogDirectory.with(clicks: "a\nb\n") { log in
      let reader = try log.open()
      let run = try reader.read(atMost: 2)
      let end = try #require(run.bytes.baseAddress) + run.bytes.count
      #expect(UnsafeRawBufferPointer(start: end, count: 64).first == UInt8(ascii: "b"))
      run.bytes.initializeMemory(as: UInt8.self, repeating: 0)
      #expect(try reader.text(atMost: 10) == "b\n")
    }
  }

  @Test(arguments: [1, 7, 1000, 70_000, 200_000])
  func `a run stays until the second read after it`(byteCount: Int) throws {
    // With lines of all lengths, some longer than what is read at once.
    let lines = (0..<400).map { String(repeating: "x", count: $0 * $0 % 150_001) + " \($0)\n" }
    try LogDirectory.with(clicks: lines.joined()) { log in
      let reader = try log.open()
      var former = try reader.read(atMost: byteCount)
      var texts = [former.text]
      while case let run = try reader.read(atMost: byteCount), !run.isEmpty {
        #expect(former.text == texts.last)
        former = run
        texts.append(run.text)
      }
      #expect(texts.joined() == lines.joined())
    }
  }

  @Test func `a file truncated while it is followed is refused`() throws {
    try LogDirectory.with(clicks: "a\nb\n") { log in
      let reader = try log.open(until: .never)
      #expect(try reader.text(atMost: 100) == "a\nb\n")
      #expect(truncate(log.path(.clicks, "0.jsonl"), 1) == 0)
      let error = #expect(throws: ConnectorError.self) { try reader.read(atMost: 100) }
      #expect(error?.message.hasSuffix("expected at least 4: it was truncated or replaced") == true)
    }
  }

  @Test func `a file deleted while it is followed is refused`() throws {
    try LogDirectory.with(clicks: "a\n") { log in
      let reader = try log.open(until: .never)
      #expect(try reader.text(atMost: 100) == "a\n")
      try FileManager.default.removeItem(atPath: log.path(.clicks, "0.jsonl"))
      let error = #expect(throws: ConnectorError.self) { try reader.read(atMost: 100) }
      #expect(error?.message.hasSuffix("was deleted while it was read") == true)
    }
  }

  @Test func `an empty file is caught up at once`() throws {
    try LogDirectory.with(clicks: "") { log in
      for bound in [ReadBound.never, .endOfLog, .position(SourcePosition("0.jsonl:0"))] {
        let run = try log.open(until: bound).read(atMost: 100)
        #expect(run.isEmpty)
        #expect(run.isCaughtUp)
      }
    }
  }
}
