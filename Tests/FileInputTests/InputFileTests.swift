import Connect
import Events
import FileInput
import Foundation
import TestSupport
import Testing

@Suite
struct InputFileTests {
  @Test
  func `patterns are expanded in order, and a file is read once`() throws {
    try withTemporaryDirectory { directory in
      for name in ["b.csv", "a.csv", "c.jsonl", "x[1].csv"] {
        try write("n\n".utf8, to: "\(directory)/\(name)")
      }
      let patterns = ["c.jsonl", "*.csv", "{a,b}.csv", "x[1].csv"].map { "\(directory)/\($0)" }
      let files = try InputFile.find(patterns)
      #expect(
        files.map { $0.path.split(separator: "/").last } == [
          "c.jsonl", "a.csv", "b.csv", "x[1].csv",
        ]
      )
      #expect(files.map(\.order) == [0, 1, 2, 3])
    }
  }

  @Test
  func `what is no file is named`() throws {
    try withTemporaryDirectory { directory in
      let missing = message { _ = try InputFile.find(["\(directory)/no.csv"]) }
      #expect(
        missing.hasPrefix("could not open \"\(directory)/no.csv\": No such file or directory; ")
      )
      let pattern = message { _ = try InputFile.find(["\(directory)/*.csv"]) }
      #expect(pattern.hasPrefix("found no file for the pattern \"\(directory)/*.csv\"; "))
      let folder = message { _ = try InputFile.find([directory]) }
      #expect(
        folder.hasPrefix("could not read \"\(directory)\": expected a file, found a directory; ")
      )
      let device = message { _ = try InputFile.find(["/dev/null"]) }
      #expect(device.contains("expected a file, found a pipe or device"))
      #expect(message { _ = try InputFile.find([""]) }.hasPrefix("expected the name of a file"))
    }
  }

  @Test(arguments: [
    ("a.csv", "{", FileFormat.csv), ("a.json", "a,b", .jsonLines), ("a.ndjson", "", .jsonLines),
    ("a", " {\"a\":1}", .jsonLines), ("a.txt", "a,b\n", .csv), ("a.part", "\u{FEFF}{}", .jsonLines),
  ])
  func `the name tells the format, else the first bytes`(
    name: String,
    text: String,
    format: FileFormat
  ) throws {
    try withTemporaryDirectory { directory in
      try write(text.utf8, to: "\(directory)/\(name)")
      #expect(try InputFile.find(["\(directory)/\(name)"]).map(\.format) == [format])
    }
  }

  @Test
  func `a header stands behind a byte order mark, and is needed`() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/a.csv"
      try write("\u{FEFF}a,b\r\n1,2\r\n".utf8, to: path)
      let files = try InputFile.find([path])
      #expect(files.first?.header?.names == ["a", "b"])
      #expect(try readChunks(files, chunkByteCount: 2).map(\.bytes) == [Array("1,2\r\n".utf8)])
      try write([], to: path)
      #expect(
        message { _ = try InputFile.find([path]) }
          == "could not read \"\(path)\" (line 1): expected a header, found no line; "
          + "the first line of a CSV file names its columns"
      )
      try write("a,b".utf8, to: path)
      #expect(try readChunks(InputFile.find([path]), chunkByteCount: 2).isEmpty)
    }
  }

  @Test(arguments: ["a.csv", "a.csv.gz", "a.csv.zst"])
  func `a header has 256 KiB at most, its line end included`(name: String) throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/\(name)"
      let longest = "a,b" + String(repeating: "b", count: 256 * 1024 - 4) + "\n"
      try write(Packing.pack((longest + "1,2\n").utf8, as: name), to: path)
      #expect(try InputFile.find([path]).first?.header?.names.count == 2)
      for longer in ["b" + longest, "a,\"" + longest + longest] {
        try write(Packing.pack((longer + "1,2\n").utf8, as: name), to: path)
        #expect(
          message { _ = try InputFile.find([path]) }
            == "could not read \"\(path)\" (line 1): expected a header of at most 256 KiB, found a "
            + "longer one; the first line of a CSV file names its columns"
        )
      }
    }
  }

  @Test
  func `text of another encoding is named`() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/a.csv"
      for (bytes, name) in [
        ([0xFF, 0xFE, 0x61, 0], "UTF-16"), ([0x61, 0, 0x2C, 0, 0x62, 0], "UTF-16"),
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0x50, 0x4B, 3, 4], "a zip archive"),
      ] as [([UInt8], String)] {
        try write(bytes, to: path)
        #expect(
          message { _ = try InputFile.find([path]) }
            .hasPrefix(
              "could not read \"\(path)\": expected CSV or JSON lines in UTF-8, found \(name)"
            )
        )
      }
    }
  }

  /// What reading says when the file changes after so many chunks.
  private func outcome(
    after chunks: Int,
    of change: (_ path: String) throws -> Void
  ) throws -> String {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/a.jsonl"
      try write(String(repeating: "{}\n", count: 10_000).utf8, to: path)
      let reader = try ChunkReader(InputFile.find([path]), chunkByteCount: 6000)
      let buffer = ChunkBuffer()
      let text = message {
        for _ in 0..<chunks { _ = try reader.next(into: buffer) }
        try change(path)
        while try reader.next(into: buffer) != nil {}
      }
      return text.replacing(directory + "/", with: "")
    }
  }

  @Test
  func `a file that changes between check and end is refused`() throws {
    let changed =
      "\"a.jsonl\" was written to or replaced while it was read; "
      + "run again when nobody writes to it"
    let shrunk =
      "\"a.jsonl\" has shrunk while it was read: expected 30000 bytes, found 9000; "
      + "run again when nobody writes to it"
    let shrink = { (path: String) in _ = truncate(path, 9000) }
    let replace = { (path: String) in
      try write("{}\n".utf8, to: path + ".new")
      _ = rename(path + ".new", path)
    }
    #expect(try outcome(after: 2) { _ in } == "no error")
    #expect(try outcome(after: 1, of: shrink) == shrunk)
    #expect(try outcome(after: 0, of: shrink) == changed)
    #expect(try outcome(after: 0, of: replace) == changed)
    #expect(try outcome(after: 2, of: replace) == changed)
  }
}
