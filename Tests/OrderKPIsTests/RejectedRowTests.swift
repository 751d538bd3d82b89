import FileInput
import OrderKPIs
import Testing

/// What is kept of a row that was rejected.
@Suite struct RejectedRowTests {
  @Test(arguments: [
    #"o2,u1,bad,5,"x ""yyyyyyyyyy"" z""#, #""a ""b""","c ""d""",1"#, #""a ""b"" c"x,1"#, "",
    "a\",b", "\"a\nb\",ü",
  ])
  func `a row is kept as the file says it`(row: String) throws {
    #expect(try kept(row) == row)
  }

  @Test(arguments: 4094...4100)
  func `a long row is cut between characters`(byteCount: Int) throws {
    let start = String(repeating: "x", count: byteCount - 2)
    let row = start + "é"
    #expect(try kept(row) == (byteCount <= 4096 ? row : String(start.prefix(4096))))
  }

  /// The text of a row that stands alone behind the header.
  private func kept(_ row: String) throws -> String? {
    try withShop { directory in
      try directory.write("id\n\(row)\n", to: "rows.csv")
      let file = try #require(try InputFile.find(["\(directory.path)/rows.csv"]).first)
      let place = RejectedPlace(reason: .malformedRow, offset: 3)
      return try RejectedRow.read([place], of: file).first?.text
    }
  }
}
