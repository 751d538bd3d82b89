import Dataflow
import Testing

@testable import Events

@Suite struct CSVDecoderTests {
  /// Decodes a whole file; rejects appear as their reasons.
  private func decode(
    _ file: String,
    limit: Int = 100
  ) throws -> (records: [DecodedFields], reasons: [String]) {
    try decode(Array(file.utf8), limit: limit)
  }

  private func decode(
    _ file: [UInt8],
    limit: Int = 100
  ) throws -> (records: [DecodedFields], reasons: [String]) {
    let buffer = MessageBuffer(file, padding: UInt8(ascii: ","))
    let header = try CSVHeader(UnsafeRawBufferPointer(buffer.bytes), isWhole: true)
    var decoder = try ClickCSVDecoder(header: header)
    var records: [DecodedFields] = []
    var reasons: [String] = []
    var position = header.byteCount
    while position < file.count {
      var batch = ClickBatch()
      let count = decoder.decode(
        rows: .init(rebasing: buffer.bytes[position...]),
        startOffset: Int64(position),
        limit: limit,
        into: &batch
      )
      records += batch.records.map(\.fields)
      reasons += batch.rejects.map { "\($0.offset): \($0.reason)" }
      try #require(count > 0)
      position += count
    }
    return (records, reasons)
  }

  @Test func `columns stand in any order and unknown ones are ignored`() throws {
    let (records, reasons) = try decode(
      """
      product_id,extra,timestamp, user_id ,"event_id",product_price
      p1,x,2026-11-21T08:15:30.5Z,u1,c1,12.345
      p2,,2026-11-21 08:15:30,u2,c2,
      p3,"a,""b""\nc",2026-11-21,u3,c3,-0.005

      p4,,2026-11-21 08:15:30 UTC,"u""4",c4,"7"
      """
    )
    #expect(reasons == [])
    #expect(
      records == [
        [
          "event_id": "c1", "user_id": "u1", "product_id": "p1", "product_price": "1235",
          "timestamp": "1795248930500000",
        ],
        ["event_id": "c2", "user_id": "u2", "product_id": "p2", "timestamp": "1795248930000000"],
        [
          "event_id": "c3", "user_id": "u3", "product_id": "p3", "product_price": "-1",
          "timestamp": "1795219200000000",
        ],
        [
          "event_id": "c4", "user_id": "u\"4", "product_id": "p4", "product_price": "700",
          "timestamp": "1795248930000000",
        ],
      ]
    )
  }

  @Test func `a byte order mark and CRLF make no difference`() throws {
    let (records, reasons) = try decode(
      "\u{FEFF}event_id,user_id,timestamp,product_id,referrer\r\n"
        + "c1,u1,2026-11-21T08:15:30Z,p1,google\r\n\r\nc2,u2,2026-11-21T08:15:30Z,p2,\"x\r\ny\"\r\n"
        + "c3,u3,2026-11-21T08:15:30Z,p3,\r\nc4,u4,2026-11-21T08:15:30Z,p4,last"
    )
    #expect(reasons == [])
    #expect(records.map { $0["referrer"] } == ["google", "x\r\ny", nil, "last"])
  }

  @Test func `what does not fit is rejected with its offset and reason`() throws {
    let header = "event_id,user_id,timestamp,product_id,product_price\n"
    let rows: [[UInt8]] =
      [
        "c1,u1,2026-11-21,p1", ",u1,2026-11-21,p1,", "c1,u1,yesterday,p1,",
        "c1,u1,2026-11-21,p1,12;5",
        "c1,\"u1\"x,2026-11-21,p1,", "c1,u\u{0},2026-11-21,p1,",
      ].map { Array($0.utf8) } + [Array("c1,u".utf8) + [0xC3] + Array(",2026-11-21,p1,".utf8)]
    var reasons: [String] = []
    for row in rows { reasons += try decode(Array(header.utf8) + row).reasons }
    #expect(
      reasons == [
        "52: not CSV: expected as many cells as the header has, found the end of the message",
        "52: \"event_id\": expected a string of 1 to 100 bytes without U+0000, found no value",
        "52: \"timestamp\": expected a time such as 2026-11-21T08:15:30.5Z, found \"yesterday\"",
        "52: \"product_price\": expected a number below 10^10, found 12;5",
        "52: not CSV: expected a comma or line end behind the quote, found x,2026-11-21,p1, (byte 7)",
        "52: not CSV: expected text without U+0000, found \\0,2026-11-21,p1, (byte 4)",
        "52: not CSV: expected UTF-8, found \u{FFFD},2026-11-21,p1, (byte 4)",
      ]
    )
  }

  @Test func `a header without a required column is refused by its name`() throws {
    #expect(throws: CSVHeaderFault.lacking(["user_id", "product_id"])) {
      try decode("event_id,timestamp\n")
    }
    #expect(
      CSVHeaderFault.lacking(["user_id"]).description
        == "expected a column \"user_id\", found none in the header"
    )
    #expect(throws: CSVHeaderFault.repeated("user_id")) { try decode("user_id,user_id\n") }
    #expect(throws: CSVHeaderFault.missing) { try decode("") }
  }

  @Test func `cells of columns without a name are ignored`() throws {
    let (records, reasons) = try decode(
      "event_id,user_id,timestamp,product_id,,\nc1,u1,2026-11-21,p1,x,\n"
    )
    #expect(reasons == [])
    #expect(records.map { $0["event_id"] } == ["c1"])
  }

  @Test func `limits make no difference`() throws {
    var file = "event_id,user_id,timestamp,product_id,product_name\n"
    for index in 0..<30 {
      file += "c\(index),u,2026-11-21T08:15:30Z,p,"
      file += ["plain", "\"a\nb\"", "\"\"\"x\"\"\"", "Grün", "", "\"\""][index % 6] + "\n"
    }
    let whole = try decode(file)
    #expect(whole.records.count == 30 && whole.reasons == [])
    for limit in [1, 4, 29, 30, 31] {
      #expect(try decode(file, limit: limit).records == whole.records)
    }
  }

  @Test func `checkouts carry JSON in quoted cells`() throws {
    let file = MessageBuffer(
      "event_id,user_id,timestamp,total_amount,items,shipping_address\n"
        + "o1,u1,2026-11-21T08:15:30Z,10,\"[{\"\"product_id\"\":\"\"p,1\"\",\"\"quantity\"\":2}]\",{}\n"
        + "o2,u1,2026-11-21T08:15:30Z,10,\"[{\"\"quantity\"\":\"\"2\"\"}]\",\n"
        + "o3,u1,2026-11-21T08:15:30Z,10,[nonsense,\n"
    )
    let header = try CSVHeader(UnsafeRawBufferPointer(file.bytes), isWhole: true)
    var decoder = try CheckoutCSVDecoder(header: header)
    var batch = CheckoutBatch()
    _ = decoder.decode(
      rows: .init(rebasing: file.bytes[header.byteCount...]),
      startOffset: 0,
      limit: 10,
      into: &batch
    )
    #expect(batch.records.map { $0.text($0.items) } == [#"[{"product_id":"p,1","quantity":2}]"#])
    #expect(batch.records.map { $0.text($0.shippingAddress) } == ["{}"])
    #expect(batch.rejects.count == 2)
  }

  @Test(arguments: 0...140) func `quoted cells of every length keep their text`(
    count: Int
  ) throws {
    // What stands at every place of the blocks in which a cell is searched: two quotes, a comma, a
    // line end, a letter of two bytes.
    for special in ["\"", "\"\"", ",", "\r\n", "ü"] {
      for place in Set([0, count / 3, count]) {
        let text =
          String(repeating: "x", count: place) + special
          + String(repeating: "y", count: count - place)
        let cell = "\"\(text.replacing("\"", with: "\"\""))\""
        let header = "product_name,event_id,user_id,timestamp,product_id,referrer\n"
        let (records, reasons) = try decode(
          header + "\(cell),c1,u1,2026-11-21,p1,\(cell)\n\(cell),c2,u2,2026-11-21,p2,last"
        )
        #expect(reasons == [])
        #expect(records.map { $0["product_name"] } == [text, text])
        #expect(records.map { $0["referrer"] } == [text, "last"])
      }
    }
    var row = Array("c1,u1,2026-11-21,p1,\"\(String(repeating: "x", count: count))".utf8)
    row += [0xC3, UInt8(ascii: "\"")]
    let header = Array("event_id,user_id,timestamp,product_id,referrer\n".utf8)
    #expect(try decode(header + row).reasons.map { $0.contains("expected UTF-8") } == [true])
    row[row.count - 2] = 0
    #expect(try decode(header + row).reasons.map { $0.contains("without U+0000") } == [true])
    row.removeLast()
    row[row.count - 1] = UInt8(ascii: "x")
    #expect(try decode(header + row).reasons.map { $0.contains("a closing quote") } == [true])
  }

  @Test func `skipped details are checked and absent`() throws {
    let file = MessageBuffer(
      "event_id,user_id,timestamp,total_amount,session_id,items\n"
        + "o1,u1,2026-11-21T08:15:30Z,10,\"s \"\"1\"\"\",\"[{\"\"quantity\"\":2}]\"\n"
        + "o2,u1,2026-11-21T08:15:30Z,10,s2,\"[{\"\"quantity\"\":\"\"2\"\"}]\"\n"
    )
    let header = try CSVHeader(UnsafeRawBufferPointer(file.bytes), isWhole: true)
    var decoder = try CheckoutCSVDecoder(header: header, skippingDetails: true)
    var batch = CheckoutBatch()
    _ = decoder.decode(
      rows: .init(rebasing: file.bytes[header.byteCount...]),
      startOffset: 0,
      limit: 10,
      into: &batch
    )
    #expect(batch.records.map { $0.text($0.eventID) } == ["o1"])
    #expect(batch.records.map { $0.totalAmount.hundredths } == [1000])
    #expect(batch.records.allSatisfy { $0.items.isAbsent && $0.sessionID.isAbsent })
    #expect(batch.rejects.map { "\($0.reason)" }.allSatisfy { $0.contains("\"items\"") })
    #expect(batch.rejects.count == 1)
  }
}
