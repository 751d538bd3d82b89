import Dataflow
import Testing

@testable import Events

@Suite struct ClickDecoderTests {
  @Test func `a full click is read field by field`() throws {
    let buffer = MessageBuffer(
      """
      {"event_id":"c1","user_id":"u1","timestamp":"2026-11-21T08:15:30.123456Z",\
      "product_id":"p1","product_name":"Caf\\u00e9 \\ud83d\\ude00","product_category":"Home",\
      "product_price":12.345,"session_id":"s1","device_type":"mobile",\
      "page_url":"https:\\/\\/shop","referrer":null}
      """
    )
    var decoder = ClickDecoder()
    var batch = ClickBatch()
    decoder.decode(message: buffer.bytes, offset: 7, into: &batch)
    #expect(batch.rejects.map(\.reason.description) == [])
    let click = try #require(batch.records.first)
    #expect(click.offset == 7)
    #expect(click.text(click.eventID) == "c1")
    #expect(click.text(click.userID) == "u1")
    #expect(click.time.microseconds == 1_795_248_930_123_456)
    #expect(click.text(click.productName) == "Café 😀")
    #expect(click.price == Money(hundredths: 1235))
    #expect(click.text(click.pageURL) == "https://shop")
    #expect(click.referrer.isAbsent)
  }
}
