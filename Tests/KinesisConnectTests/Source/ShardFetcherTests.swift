import Connect
import Foundation
import KinesisConnect
import Testing

@Suite struct ShardFetcherTests {
  @Test func `the threads go on for a reader that is left, and end with it`() throws {
    let shop = try KinesisShop()
    var client: KinesisClient? = try shop.client()
    // The threads alone hold the client then.
    weak let thatOfTheThreads = client
    var log: KinesisLog? = try shop.log(slices: 1, client: client)
    var reader = try log?.open(.clicks, partition: 0, at: nil, until: .never)
    client = nil
    log = nil
    try shop.put("a", key: "u")
    #expect(try reader?.read { $0.texts == ["a"] } != nil)
    reader = nil
    let deadline = ContinuousClock.now + KinesisShop.patience
    while thatOfTheThreads != nil {
      try #require(ContinuousClock.now < deadline)
      Thread.sleep(forTimeInterval: 0.01)
    }
  }
}
