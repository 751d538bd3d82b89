import Connect
import FileInput
import Foundation
import TestSupport
import Testing

@Suite
struct ChunkReaderTests {
  /// Offsets of the rows of CSV text behind its header, by the definition: a byte at a time.
  private func rowStarts(_ text: [UInt8]) -> Set<Int> {
    var starts: Set<Int> = [0]
    var isQuoted = false
    var beginsCell = true
    var index = 0
    while index < text.count {
      let byte = text[index]
      if isQuoted {
        if byte == UInt8(ascii: "\"") {
          if index + 1 < text.count, text[index + 1] == byte {
            index += 1
          } else {
            isQuoted = false
          }
        }
        beginsCell = false
      } else if byte == UInt8(ascii: "\""), beginsCell {
        isQuoted = true
        beginsCell = false
      } else {
        beginsCell = byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n")
        if byte == UInt8(ascii: "\n") { starts.insert(index + 1) }
      }
      index += 1
    }
    return starts
  }

  private func requireRows(
    of text: [UInt8],
    behind header: String = "a,b\n",
    packedBy pack: (([UInt8]) -> [UInt8])? = nil,
    chunkByteCounts: some Sequence<Int>
  ) throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/rows.csv"
      let whole = Array(header.utf8) + text
      try write(pack?(whole) ?? whole, to: path)
      let starts = rowStarts(text)
      let files = try InputFile.find([path])
      for chunkByteCount in chunkByteCounts {
        let chunks = try readChunks(files, chunkByteCount: chunkByteCount)
        #expect(chunks.flatMap(\.bytes) == text, "chunks of \(chunkByteCount) bytes")
        for chunk in chunks {
          #expect(starts.contains(Int(chunk.offset) - header.utf8.count))
          #expect(!chunk.bytes.isEmpty)
        }
      }
    }
  }

  @Test
  func `rows with line ends in quotes are never cut, whatever the chunks`() throws {
    let text =
      "1,\"a\nb\"\n\"x\"\"\n\"\"y\",2\n,\"\"\n\"\",\"\"\"\"\n3,5\" pipe\n4,\"\n\n,\n\"\r\n5,last"
    try requireRows(of: Array(text.utf8), chunkByteCounts: 1...text.utf8.count + 1)
  }

  @Test
  func `stray quotes in cells are text`() throws {
    let text = "5\"\n,\"\n\"\n\"a\"b\"\nc,\"d\"\ne\"\"\nf,g\"\"\"\n\"\"\"\n\"\n"
    try requireRows(of: Array(text.utf8), chunkByteCounts: 1...text.utf8.count)
  }

  @Test(arguments: 0..<60)
  func `any text of quotes, commas and line ends splits as its definition says`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let alphabet = Array("\"\"\"\",\n\nab\r".utf8)
    let text = (0..<Int.random(in: 1...300, using: &random)).map { _ in
      alphabet.randomElement(using: &random) ?? 0
    }
    try requireRows(of: text, chunkByteCounts: [1, 2, 3, 5, 8, 13, 29, 64, 1000])
    try requireRows(of: text, packedBy: Packing.gzip, chunkByteCounts: [1, 3, 29, 1000])
  }

  @Test
  func `a quote that is never closed leaves its row to the end`() throws {
    let text = "1,2\n3,\"open\n4,5\n6,7\n"
    try requireRows(of: Array(text.utf8), chunkByteCounts: 1...30)
  }

  @Test(arguments: [1, 2, 7, 64, 4096])
  func `lines are never cut, and a last one without its end is one`(chunkByteCount: Int) throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/lines.jsonl"
      let lines = (0..<200).map {
        "{\"n\":\($0),\"s\":\"\(String(repeating: "\\\"", count: $0 % 7))\"}"
      }
      try write(lines.joined(separator: "\n").utf8, to: path)
      let chunks = try readChunks(InputFile.find([path]), chunkByteCount: chunkByteCount)
      let text = chunks.map { String(decoding: $0.bytes, as: UTF8.self) }
      #expect(text.joined() == lines.joined(separator: "\n"))
      for chunk in text.dropLast() { #expect(chunk.hasPrefix("{") && chunk.hasSuffix("}\n")) }
    }
  }

  @Test
  func `a record longer than many chunks stays whole`() throws {
    let long = "1,\"" + String(repeating: "line\n", count: 30_000) + "\"\n2,3\n"
    try requireRows(of: Array(long.utf8), chunkByteCounts: [100, 4096, 100_000])
    try requireRows(of: Array(long.utf8), packedBy: Packing.zstd, chunkByteCounts: [100, 70_000])
  }

  @Test
  func `files come in order, small ones and empty ones too`() throws {
    try withTemporaryDirectory { directory in
      for index in 0..<300 {
        let text = index.isMultiple(of: 3) ? "" : "{\"n\":\(index)}\n"
        let path = directory + "/" + String(format: "%03d.jsonl", index)
        try write(
          index.isMultiple(of: 2) ? Array(text.utf8) : Packing.gzip(text.utf8),
          to: index.isMultiple(of: 2) ? path : path + ".gz"
        )
      }
      let files = try InputFile.find([directory + "/*.jsonl*"])
      #expect(files.count == 300)
      let chunks = try readChunks(files, chunkByteCount: 64)
      #expect(chunks.map(\.order) == (0..<300).filter { !$0.isMultiple(of: 3) })
      #expect(chunks.allSatisfy { $0.bytes == Array("{\"n\":\($0.order)}\n".utf8) })
    }
  }

  @Test
  func `lines are counted for messages, packed or not`() throws {
    let text = "a,b\n1,\"x\ny\"\n2,3\n4,5\n"
    try withTemporaryDirectory { directory in
      let paths = [directory + "/plain.csv", directory + "/packed.csv.gz"]
      try write(text.utf8, to: paths[0])
      try write(Packing.gzip(text.utf8), to: paths[1])
      for path in paths {
        let reader = try ChunkReader(InputFile.find([path]), chunkByteCount: 6)
        let buffer = ChunkBuffer()
        var lines: [Int64?] = []
        while let chunk = try reader.next(into: buffer) {
          lines.append(chunk.line(at: chunk.offset))
          lines.append(chunk.line(at: chunk.offset + Int64(chunk.bytes.count) - 1))
        }
        #expect(lines.first == 2)
        #expect(lines.last == 5)
      }
    }
  }

  @Test(arguments: ["a.csv", "a.jsonl", "a.csv.gz", "a.jsonl.gz", "a.csv.zst", "a.jsonl.zst"])
  func `at the end all bytes were read, those before the records too`(name: String) throws {
    let record = name.contains("csv") ? "1,\"x\ny\"\n" : "{\"n\":1}\n"
    let start = "\u{FEFF}" + (name.contains("csv") ? "a,b\n" : "")
    for text in [start, start + record, start + String(repeating: record, count: 1000)] {
      try withTemporaryDirectory { directory in
        let path = directory + "/" + name
        try write(Packing.pack(text.utf8, as: name), to: path)
        for chunkByteCount in [7, 100, 1 << 20] {
          let reader = try ChunkReader(InputFile.find([path]), chunkByteCount: chunkByteCount)
          #expect(reader.readByteCount == 0)
          let buffer = ChunkBuffer()
          while try reader.next(into: buffer) != nil {
            #expect(0...reader.byteCount ~= reader.readByteCount)
          }
          #expect(reader.readByteCount == reader.byteCount)
        }
      }
    }
  }
}
