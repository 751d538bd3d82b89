import TestSupport
import Testing

@testable import KinesisConnect

@Suite struct PutLaneTests {
  /// A lane and the model it has to equal: every user's records in order, each stored once.
  private struct Trial {
    var lane = PutLane()
    /// By user, what was appended and not stored.
    var waiting: [Int: [Int]] = [:]
    /// By user, in the order of storing.
    var stored: [Int: [Int]] = [:]
    private var nextRecord = 0

    mutating func append(user: Int, byteCount: Int = 20) {
      let data = Array("\(nextRecord)".utf8) + Array(repeating: 32, count: byteCount)
      data.withUnsafeBytes { data in
        Array("user\(user)".utf8).withUnsafeBytes { key in
          lane.append(
            data: data,
            partitionKey: key,
            user: HashKey(UInt128(user)),
            place: nextRecord
          )
        }
      }
      waiting[user, default: []].append(nextRecord)
      nextRecord += 1
    }

    /// Sends a call of which some records fail; what it held.
    mutating func call(
      atMost count: Int = 500,
      before bound: Int = .max,
      failing fails: (Int) -> Bool
    ) throws -> [(user: Int, record: Int)] {
      let records = try Self.decoded(lane.take(atMost: count, before: bound))
      var failures: [Int] = []
      for (place, record) in records.enumerated() {
        #expect(waiting[record.user]?.first == record.record, "a record has passed another")
        if fails(place) {
          failures.append(place)
        } else {
          waiting[record.user]?.removeFirst()
          stored[record.user, default: []].append(record.record)
        }
      }
      #expect(Set(records.map(\.user)).count == records.count, "two records of a user in a call")
      let settled = lane.settle(failures: failures)
      #expect(settled.recordCount == records.count - failures.count)
      return records
    }

    private static func decoded(_ batch: PutBatch) throws -> [(user: Int, record: Int)] {
      try batch.decoded().map { (data, key) in
        let user = try #require(Int(key.dropFirst("user".count)))
        return (user, try #require(Int(data.prefix { $0 != " " })))
      }
    }
  }

  @Test func `a user's records keep their order, whatever fails`() throws {
    for seed in 0..<UInt64(60) {
      var random = SplitMix64(seed: seed)
      var trial = Trial()
      let users = Int.random(in: 1...40, using: &random)
      let failureShare = Double.random(in: 0...0.9, using: &random)
      for _ in 0..<40 {
        for _ in 0..<Int.random(in: 0...60, using: &random) {
          trial.append(user: Int.random(in: 0..<users, using: &random))
        }
        _ = try trial.call { _ in Double.random(in: 0..<1, using: &random) < failureShare }
      }
      while !trial.lane.isEmpty { _ = try trial.call { _ in false } }
      #expect(trial.waiting.values.allSatisfy { $0.isEmpty }, "seed \(seed)")
      for (user, records) in trial.stored { #expect(records == records.sorted(), "user \(user)") }
    }
  }

  @Test func `a call is full when there are enough users, in the order they came`() throws {
    var trial = Trial()
    for user in 0..<700 {
      trial.append(user: user)
      trial.append(user: 0)
    }
    let first = try trial.call { _ in false }
    #expect(first.map(\.user) == Array(0..<500))
    let second = try trial.call { _ in false }
    #expect(second.map(\.user) == [0] + Array(500..<700))
  }

  @Test func `a call holds at most 5 MiB, and ends at the record that does not fit`() throws {
    var trial = Trial()
    for user in 0..<6 { trial.append(user: user, byteCount: 1_000_000) }
    trial.append(user: 6, byteCount: 1)
    #expect(try trial.call { _ in false }.map(\.user) == [0, 1, 2, 3, 4])
    #expect(try trial.call { _ in false }.map(\.user) == [5, 6])
  }

  @Test func `a call holds no more than was asked for`() throws {
    var trial = Trial()
    for user in 0..<5 { trial.append(user: user) }
    #expect(try trial.call(atMost: 2) { $0 == 0 }.map(\.user) == [0, 1])
    #expect(try trial.call(atMost: 3) { _ in false }.map(\.user) == [0, 2, 3])
  }

  @Test func `a call holds nothing from its bound on`() throws {
    var trial = Trial()
    for user in [0, 1, 0, 2, 3, 4] { trial.append(user: user) }
    #expect(trial.lane.firstPlace == 0)
    #expect(try trial.call(before: 4) { $0 == 1 }.map(\.record) == [0, 1, 3])
    #expect(trial.lane.firstPlace == 1)
    #expect(try trial.call(before: 1) { _ in false }.isEmpty)
    #expect(!trial.lane.isUnderWay)
    #expect(try trial.call(before: 5) { _ in false }.map(\.record) == [1, 2, 4])
    #expect(trial.lane.firstPlace == 5)
  }

  @Test func `failed records stand first in the next call`() throws {
    var trial = Trial()
    for user in 0..<10 { trial.append(user: user) }
    _ = try trial.call { $0 % 3 == 1 }
    for user in 10..<12 { trial.append(user: user) }
    #expect(try trial.call { _ in false }.map(\.user) == [1, 4, 7, 10, 11])
  }
}
