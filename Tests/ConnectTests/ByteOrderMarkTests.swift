import TestSupport
import Testing

@testable import Connect

/// A file of the log that begins with a byte order mark.
@Suite struct ByteOrderMarkTests {
  private let text = Array("\u{FEFF}a\nb\n".utf8)

  @Test(arguments: [ReadBound.never, .endOfLog])
  func `the first record starts behind it`(bound: ReadBound) throws {
    try LogDirectory.with(clicks: "\u{FEFF}a\nb\n") { log in
      let reader = try log.open(until: bound)
      #expect(try reader.lag() == 7)
      let run = try reader.read(atMost: 2)
      #expect(run.text == "a\n")
      #expect(run.startOffset == 3)
      #expect(run.startPosition.token == "0.jsonl:3")
      #expect(reader.position.token == "0.jsonl:5")
      #expect(try reader.lag() == 2)
      #expect(try reader.text(atMost: 2) == "b\n")
    }
  }

  @Test func `a file is followed from its first byte on`() throws {
    try LogDirectory.with(clicks: "") { log in
      let reader = try log.open(until: .never)
      var positions: [String] = []
      var read: [UInt8] = []
      for byte in text {
        let run = try reader.read(atMost: 100)
        #expect(run.isCaughtUp)
        positions.append(reader.position.token)
        try log.append([byte], to: .clicks)
        read += try reader.read(atMost: 100).bytes
      }
      #expect(positions == [0, 0, 0, 3, 3, 5, 5].map { "0.jsonl:\($0)" })
      #expect(read == Array("a\nb\n".utf8))
      #expect(try reader.lag() == 0)
    }
  }

  @Test(arguments: [ReadBound.never, .endOfLog])
  func `a file of nothing else is read to its end`(bound: ReadBound) throws {
    try LogDirectory.with(clicks: "\u{FEFF}") { log in
      let reader = try log.open(until: bound)
      let run = try reader.read(atMost: 100)
      #expect(run.isEmpty)
      #expect(run.isCaughtUp)
      #expect(reader.position.token == "0.jsonl:3")
      #expect(try reader.lag() == 0)
    }
  }

  @Test func `it is one at the start only`() throws {
    try LogDirectory.with(clicks: "\n\u{FEFF}a\n\u{FEFF}b\n") { log in
      #expect(try log.open().text(atMost: 100) == "\n\u{FEFF}a\n\u{FEFF}b\n")
      let behind = try log.open(at: SourcePosition("0.jsonl:1"))
      #expect(try behind.text(atMost: 100) == "\u{FEFF}a\n\u{FEFF}b\n")
    }
    try LogDirectory.with(clicks: "\u{FEFF}\u{FEFF}a\n") { log in
      let reader = try log.open()
      #expect(try reader.text(atMost: 100) == "\u{FEFF}a\n")
    }
  }

  /// Bounded runs over a log that grows in between, wherever it is cut; then it is read again.
  @Test(arguments: 0...7)
  func `what was read is read again`(first: Int) throws {
    for second in first...text.count {
      try LogDirectory.with(clicks: "") { log in
        let source = try FileLog(directory: log.path, awaitWriter: {})
        var starts: [SourcePosition] = []
        var position: SourcePosition?
        var read: [[UInt8]] = []
        func note(_ run: MessageRun) {
          starts.append(run.startPosition)
          read += run.bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
        }
        for part in [text[..<first], text[first..<second], text[second...]] {
          try log.append(part, to: .clicks)
          let reader = try source.open(.clicks, partition: 0, at: position, until: .endOfLog)
          while case let run = try reader.read(atMost: 1), !run.isEmpty { note(run) }
          position = reader.position
        }
        let isSkipped = ![1, 2].contains(first) && !(first == 0 && [1, 2].contains(second))
        #expect(starts.first?.token == (isSkipped ? "0.jsonl:3" : "0.jsonl:0"))
        #expect(Array(read.joined()) == Array((isSkipped ? "ab" : "\u{FEFF}ab").utf8))
        let formerly = read
        read = []
        let again = try log.open(
          at: starts.first,
          until: .position(try #require(position))
        )
        while case let run = try again.read(atMost: 1), !run.isEmpty { note(run) }
        #expect(read == formerly)
      }
    }
  }

  /// As by a version that did not know it.
  @Test func `one that was in the first record is in it again`() throws {
    try LogDirectory.with(clicks: "\u{FEFF}a\nb\n") { log in
      let again = try log.open(
        at: SourcePosition("0.jsonl:0"),
        until: .position(SourcePosition("0.jsonl:7"))
      )
      #expect(try again.text(atMost: 100) == "\u{FEFF}a\nb\n")
    }
  }
}
