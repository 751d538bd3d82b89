import Testing

@testable import Connect

@Suite struct FilePositionTests {
  @Test(arguments: [0, 1, 64, 65, 5000])
  func `a position keeps every cut`(count: Int) throws {
    let cuts = (0..<count).map { 1_000_000_000 + Int64($0) * 40 }
    let written = FilePosition(name: "a:b.jsonl", offset: 1 << 40, cuts: LineCuts(cuts)).position
    let read = try #require(FilePosition(written))
    #expect(read.name == "a:b.jsonl")
    #expect(read.offset == 1 << 40)
    #expect(read.cuts.offsets == cuts)
    #expect(read.position == written)
  }

  @Test func `the text of cuts follows them`() {
    var cuts = LineCuts([40])
    cuts.offsets.append(97)
    #expect(cuts.text == "+40+97")
    cuts.offsets.removeFirst()
    #expect(cuts.text == "+97")
    cuts.offsets.removeLast()
    #expect(cuts.text == "")
  }

  @Test(
    arguments: [
      (nil, "0.jsonl:120+40+97+120"), ("0.jsonl:0", "0.jsonl:120+40+97+120"),
      ("0.jsonl:40", "0.jsonl:120+40+97+120"), ("0.jsonl:41+40", "0.jsonl:120+97+120"),
      ("0.jsonl:98", "0.jsonl:120+120"), ("0.jsonl:121", "0.jsonl:120"),
    ] as [(String?, String)]
  )
  func `cuts before every reading are dropped`(start: String?, trimmed: String) throws {
    try LogDirectory.with(clicks: "") { log in
      let position = try FileLog(directory: log.path).trimmed(
        SourcePosition("0.jsonl:120+40+97+120"),
        rereadFrom: start.map { SourcePosition($0) }
      )
      #expect(position.token == trimmed)
    }
  }
}
