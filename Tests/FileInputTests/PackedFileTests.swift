import Connect
import FileInput
import Foundation
import TestSupport
import Testing

@Suite
struct PackedFileTests {
  private let text = Array(String(repeating: "{\"n\":1}\n", count: 5000).utf8)

  private func contents(of bytes: [UInt8], named name: String) throws -> [UInt8] {
    try withTemporaryDirectory { directory in
      try write(bytes, to: directory + "/" + name)
      return try readChunks(
        InputFile.find([directory + "/" + name]),
        chunkByteCount: 3000
      ).flatMap(\.bytes)
    }
  }

  @Test
  func `members and frames one behind the other are one text`() throws {
    let parts = [text[..<17], text[17..<17], text[17...]]
    #expect(try contents(of: parts.flatMap { Packing.gzip($0) }, named: "a.jsonl.gz") == text)
    #expect(try contents(of: parts.flatMap { Packing.zstd($0) }, named: "a.jsonl.zst") == text)
  }

  @Test(arguments: [0x50, 0x5F] as [UInt8])
  func `frames that hold no data are skipped, at the start too`(first: UInt8) throws {
    let skippable = [first, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 7, 7, 7]
    let packed = skippable + Packing.zstd(text[..<17]) + skippable + Packing.zstd(text[17...])
    for name in ["a.jsonl.zst", "a"] {
      #expect(try contents(of: packed + skippable, named: name) == text)
    }
  }

  /// Beyond what is unpacked at once.
  @Test(arguments: [1, 512, 600_000])
  func `zeros behind gzip data count for nothing`(count: Int) throws {
    let packed = Packing.gzip(text) + [UInt8](repeating: 0, count: count)
    #expect(try contents(of: packed, named: "a.jsonl.gz") == text)
    let text = message { _ = try contents(of: packed + [1], named: "a.jsonl.gz") }
    #expect(text.contains("expected only zeros behind the last member, found other bytes"))
  }

  @Test
  func `packed data is known by its first bytes where the name says nothing`() throws {
    #expect(try contents(of: Packing.gzip(text), named: "a") == text)
    #expect(try contents(of: Packing.zstd(text), named: "a.jsonl") == text)
  }

  @Test(arguments: ["gz", "zst"])
  func `data that was cut off is refused`(suffix: String) throws {
    let packed = suffix == "gz" ? Packing.gzip(text) : Packing.zstd(text)
    for count in [packed.count - 1, packed.count / 2, 12] {
      let text = message {
        _ = try contents(of: Array(packed[..<count]), named: "a.jsonl.\(suffix)")
      }
      #expect(text.contains("the end of the file (byte \(count)); the file was cut off"))
    }
  }

  @Test
  func `damaged data is refused by the library's words`() throws {
    var packed = Packing.gzip(text)
    packed[packed.count - 6] ^= 1
    let first = message { _ = try contents(of: packed, named: "a.jsonl.gz") }
    #expect(first.contains("incorrect data check"))
    let second = message {
      _ = try contents(of: Packing.gzip(text) + Array("rest".utf8), named: "a.jsonl.gz")
    }
    #expect(second.contains("incorrect header check"))
  }

  @Test
  func `a name that promises packed data is held to it`() throws {
    let text = message { _ = try contents(of: Array("{}\n".utf8), named: "a.jsonl.gz") }
    #expect(text.contains("expected gzip data by its name, found none"))
  }
}
