import AWSClient
import Foundation
import TestSupport
import Testing

@Suite struct JSONScannerTests {
  /// Reads every text of a document, however deep.
  private static func texts(_ document: String) throws(AnswerFormatError) -> [String] {
    var bytes = ScannableBytes(document.utf8)
    var found: [String] = []
    try bytes.withUnsafeMutableBytes { bytes throws(AnswerFormatError) in
      var scanner = JSONScanner(bytes)
      try scanner.elements { (scanner) throws(AnswerFormatError) in
        found.append(String(decoding: bytes[try scanner.text()], as: UTF8.self))
      }
    }
    return found
  }

  private static func number(_ text: String, decimals: Int = 0) throws(AnswerFormatError) -> Int64 {
    var bytes = ScannableBytes(text.utf8)
    return try bytes.withUnsafeMutableBytes { bytes throws(AnswerFormatError) in
      var scanner = JSONScanner(bytes)
      return try scanner.number(decimals: decimals)
    }
  }

  @Test func `texts are what Foundation wrote`() throws {
    var random = SplitMix64(seed: 7)
    let alphabet: [Character] = [
      "a", "\"", "\\", "/", "\n", "\u{1}", "é", "漢", "😀", " ", "\u{7f}", "\u{2028}",
    ]
    for _ in 0..<300 {
      let texts = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        String(
          (0..<Int.random(in: 0...70, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? "a"
          }
        )
      }
      let document = try JSONSerialization.data(withJSONObject: texts)
      #expect(try Self.texts(String(decoding: document, as: UTF8.self)) == texts)
    }
    #expect(try Self.texts(#"["\u00e9\uD83D\uDE00\/\b\f"]"#) == ["é😀/\u{8}\u{c}"])
  }

  @Test func `a document cut anywhere is refused`() throws {
    let document = #"[ "abc\u00e9", "d\n\\", "漢" ]"#
    #expect(try Self.texts(document) == ["abcé", "d\n\\", "漢"])
    for end in 0..<document.utf8.count {
      let cut = String(decoding: document.utf8.prefix(end), as: UTF8.self)
      #expect(throws: AnswerFormatError.self) { try Self.texts(cut) }
    }
  }

  @Test(
    arguments: [
      ("0", 0, 0), ("-12", 0, -12), ("12.999", 0, 12), ("1441215410.867", 6, 1_441_215_410_867_000),
      ("1.441215410867E9", 6, 1_441_215_410_867_000), ("14412154108.67e-1", 3, 1_441_215_410_867),
      ("9223372036854775807e-1", 0, 922_337_203_685_477_580), ("1e-30", 6, 0), ("0e999", 0, 0),
      ("123456789012345678901234567890e-20", 0, 1_234_567_890),
    ] as [(String, Int, Int64)]
  )
  func `numbers are read in the unit asked for`(
    _ text: String,
    _ decimals: Int,
    _ value: Int64
  )
    throws
  {
    #expect(try Self.number(text, decimals: decimals) == value)
  }

  @Test(arguments: ["", "-", "e1", "1e", "1e30", "\"1\"", "null"])
  func `what is no number is refused`(_ text: String) {
    #expect(throws: AnswerFormatError.self) { try Self.number(text) }
  }

  @Test func `unknown values are passed over, and depth is bounded`() throws {
    func skip(_ text: String) throws(AnswerFormatError) -> Int {
      var bytes = ScannableBytes(text.utf8)
      return try bytes.withUnsafeMutableBytes { bytes throws(AnswerFormatError) in
        var scanner = JSONScanner(bytes)
        try scanner.skip()
        return scanner.offset
      }
    }
    let document = #"{"a":[1,-2.5e3,true,false,null,{"b":"\"}"}],"c":{}, "d" : [ ] }"#
    #expect(try skip(document + " rest") == document.utf8.count)
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: AnswerFormatError.self) { _ = try skip(deep) }
    for wrong in ["{1:2}", "[1,]", "{\"a\" 1}", "[1 2]", "tru", "nul", "{", "[", ""] {
      #expect(throws: AnswerFormatError.self) { _ = try skip(wrong) }
    }
  }

  /// Whatever stands there, scanning ends within the bytes, with a value or an error.
  @Test func `documents changed at random do no harm`() {
    let document = Array(
      #"{"Records":[{"Data":"aGVsbG8=","N":-1.5e3,"T":"\u00e9\uD83D\uDE00\\"},null,true]}"#.utf8
    )
    var random = SplitMix64(seed: 9)
    var accepted = 0
    for _ in 0..<20_000 {
      var changed = document
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = changed.indices.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<3, using: &random) {
        case 0: changed[place] = UInt8.random(in: 0...255, using: &random)
        case 1: changed[place] = document.randomElement(using: &random) ?? 0
        default: changed.removeSubrange(place..<changed.count)
        }
        if changed.isEmpty { break }
      }
      var bytes = ScannableBytes(changed)
      let end = bytes.withUnsafeMutableBytes { bytes in
        var scanner = JSONScanner(bytes)
        return (try? scanner.skip()).map { scanner.offset }
      }
      if let end {
        accepted += 1
        #expect(end <= changed.count)
      }
    }
    #expect(accepted > 0)
  }

  @Test func `base64 is decoded as Foundation decodes it, of all lengths`() throws {
    var random = SplitMix64(seed: 8)
    for count in 0...200 {
      let data = Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
      #expect(try Self.bytes(data.base64EncodedString()) == Array(data))
    }
    for wrong in [
      "a", "ab", "abc", "ab=c", "====", "a===", "ab!d", "abcd=", "abc\u{e9}", "ab==ab==",
    ] {
      #expect(throws: AnswerFormatError.self, "\(wrong)") { try Self.bytes(wrong) }
    }
  }

  private static func bytes(_ text: String) throws(AnswerFormatError) -> [UInt8] {
    var bytes = ScannableBytes("\"\(text)\"".utf8)
    return try bytes.withUnsafeMutableBytes { bytes throws(AnswerFormatError) in
      var scanner = JSONScanner(bytes)
      return Array(bytes[try scanner.bytes()])
    }
  }
}
