import Attribution
import Connect
import Dataflow
import PostgresConnect
import TestSupport
import Testing

@Suite struct StatusQueryTests {
  @Test func `a task's line is read into values`() throws {
    let shop = try ShopFixture()
    let status = try #require(try StatusQuery(on: shop.connection).tasks().first)
    #expect(status.task == 0)
    #expect(status.source == "file:log")
    #expect(status.owner == "host:1")
    #expect(status.generation == 2)
    #expect(status.epoch == 17)
    #expect(status.heldBackBy == .clicks)
    #expect(status.progress.isFlushed)
    #expect(status.progress.watermark == EventTime(microseconds: 1_795_250_100_000_000))
    #expect(status.progress.clicks.position == SourcePosition("a.jsonl:600"))
    #expect(status.progress.checkouts.rebuildPosition == nil)
    #expect(status.progress.clicks.counts.deadLetters == 1)
    #expect(status.progress.checkouts.counts.bytes == 300)
    #expect(try #require(status.lastCommit).secondsSince < 60)
  }

  @Test func `infinite watermarks are the engine's ends of time`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute(
      "UPDATE stream_progress SET data_watermark = 'infinity', clicks_watermark = '-infinity'"
    )
    let status = try #require(try StatusQuery(on: shop.connection).tasks().first)
    #expect(status.progress.watermark == .endOfInput)
    #expect(status.progress.clicks.watermark == .beginning)
  }

  @Test func `everything that a commit writes is read`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute("UPDATE stream_progress SET emission = 'final'")
    let status = try #require(try StatusQuery(on: shop.connection).tasks().first)
    #expect(status.progress.emission == .final)
    #expect(status.progress.checkouts.watermark == EventTime(microseconds: 1_795_251_300_000_000))
  }
}
