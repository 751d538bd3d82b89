import TestSupport
import Testing

@testable import KinesisConnect

@Suite struct AggregatedRecordTests {
  @Test(arguments: 0..<200)
  func `what was aggregated comes out again`(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let aggregate = TestAggregate(
      records: (0..<Int.random(in: 0...40, using: &random)).map { _ in
        Self.randomRecord(using: &random)
      },
      hasUnknownFields: .random(using: &random),
      areTablesLast: .random(using: &random)
    )
    #expect(Self.unpack(aggregate.bytes) == (aggregate.records.isEmpty ? nil : aggregate.records))
  }

  @Test func `an aggregate with any byte changed, or cut anywhere, is a plain record`() {
    var random = SplitMix64(seed: 3)
    let bytes = TestAggregate(records: (0..<5).map { _ in Self.randomRecord(using: &random) }).bytes
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= UInt8.random(in: 1...255, using: &random)
      #expect(Self.unpack(changed) == nil)
      #expect(Self.unpack(Array(bytes[..<index])) == nil)
    }
  }

  /// Messages with the right digest that do not follow the format.
  @Test(arguments: [
    TestAggregate.field(3, [0x08, 0x00, 0x1a, 0x00]),  // no key in the table
    TestAggregate.field(1, [0x61]) + TestAggregate.field(3, [0x08, 0x00]),  // no data
    TestAggregate.field(1, [0x61]) + TestAggregate.field(3, [0x1a, 0x00]),  // no key index
    TestAggregate.field(1, [0x61]) + TestAggregate.field(3, [0x08, 0x00, 0x1a, 0x05]),  // too short
    TestAggregate.field(2, [0x61]),  // a hash key that is no number
    [0x08, 0x01],  // a number where a key belongs
    [0x0b],  // a group
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],  // beyond 64 bits
    [0x00, 0x00],  // field 0
  ])
  func `a message that is no aggregate is a plain record`(message: [UInt8]) {
    #expect(Self.unpack(TestAggregate.sealed(message)) == nil)
  }

  @Test func `random bytes with the right digest never trap`() {
    var random = SplitMix64(seed: 8)
    for _ in 0..<20_000 {
      let message = (0..<Int.random(in: 1...24, using: &random)).map { _ in
        UInt8.random(in: 0...40, using: &random)
      }
      _ = Self.unpack(TestAggregate.sealed(message))
    }
  }

  private static func randomRecord(using random: inout SplitMix64) -> TestAggregate.Record {
    TestAggregate.Record(
      partitionKey: "user-\(Int.random(in: 0..<6, using: &random))",
      explicitHashKey: Bool.random(using: &random)
        ? [0, 1, .max, 1 << 127].randomElement(using: &random) : nil,
      data: (0..<Int.random(in: 0...300, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
    )
  }

  private static func unpack(_ bytes: [UInt8]) -> [TestAggregate.Record]? {
    bytes.withUnsafeBytes { bytes in
      AggregatedRecord(bytes)?.entries.map { entry in
        TestAggregate.Record(
          partitionKey: String(decoding: bytes[entry.partitionKey], as: UTF8.self),
          explicitHashKey: entry.explicitHashKey,
          data: Array(bytes[entry.data])
        )
      }
    }
  }
}
