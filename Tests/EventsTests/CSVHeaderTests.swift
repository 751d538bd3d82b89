import TestSupport
import Testing

@testable import Events

@Suite struct CSVHeaderTests {
  private func header(_ text: String) throws -> CSVHeader {
    try Array(text.utf8).withUnsafeBytes { try CSVHeader($0, isWhole: true) }
  }

  @Test(arguments: [
    ("id,width\",price\n", ["id", "width\"", "price"]),
    ("5\" pipe,\"a\"\n", ["5\" pipe", "a"]),
    ("\"a \"\"b\"\", c\",d\n", ["a \"b\", c", "d"]),
    ("\"a\nb\",c\r\n", ["a\nb", "c"]),
    ("\u{FEFF}\"a,b\",\"\"\"\"\n", ["a,b", "\""]),
  ])
  func `a quote opens a name only where one begins`(text: String, names: [String]) throws {
    let header = try header(text + "1,2,3\n")
    #expect(header.names == names)
    #expect(header.byteCount == text.utf8.count)
  }

  @Test func `columns without a name may stand more than once`() throws {
    #expect(try header("a,,\n").names == ["a", "", ""])
    #expect(try header(",a, \n").names == ["", "a", ""])
    #expect(throws: CSVHeaderFault.repeated("a")) { try header("a,,a,\n") }
  }

  @Test func `a header is split as a row is`() throws {
    for word in words(of: ["x", "\"", ",", "\n"], upTo: 7) {
      let buffer = MessageBuffer("y," + word.joined())
      // The rows point into it.
      defer { withExtendedLifetime(buffer) {} }
      guard let header = try? CSVHeader(UnsafeRawBufferPointer(buffer.bytes), isWhole: true),
        let start = buffer.bytes.baseAddress
      else { continue }
      let count = header.names.count
      let reader = CSVRowReader(columns: Array(0..<count), placeCount: count)
      let row = reader.read(at: start, end: start + buffer.bytes.count)
      // What follows a closing quote makes a row malformed, as does a quote that does not close.
      if let fault = row.fault, "\(fault.expected)".contains("quote") { continue }
      #expect((0..<count).map { String(decoding: row[$0], as: UTF8.self) } == header.names)
      #expect(row.consumed == header.byteCount)
    }
  }
}
