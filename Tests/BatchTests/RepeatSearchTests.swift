import Connect
import Testing

@testable import Batch

@Suite
struct RepeatSearchTests {
  @Test
  func `a fingerprint keeps the tag behind the partition, and the user's partition`() {
    for partitionCount in [1, 2, 1024] {
      let key = FingerprintKey(partitionCount: partitionCount)
      for _ in 0..<100 {
        let hash = UInt64.random(in: .min ... .max)
        let fingerprint = key.fingerprint(hash, userPartition: 4095)
        #expect(fingerprint.userPartition == 4095)
        #expect((0..<partitionCount).contains(key.partition(hash)))
        #expect(fingerprint.tag == key.fingerprint(hash, userPartition: 0).tag)
        #expect(fingerprint.tag == (hash &* UInt64(partitionCount)) >> 13)
        #expect(key.fingerprint(0, userPartition: 0).word != 0)
      }
    }
  }

  @Test(arguments: [1, 4, 64])
  func `a filter has what was inserted, and little else`(partitionCount: Int) {
    let key = FingerprintKey(partitionCount: partitionCount)
    let filter = HashFilter(partitionCount: partitionCount, expectedCount: 100_000)
    let hashes = (0..<1000).map { _ in UInt64.random(in: .min ... .max) }
    for hash in hashes {
      filter.insert(key.fingerprint(hash, userPartition: 7), of: key.partition(hash))
    }
    #expect(hashes.allSatisfy { filter.mayContain($0) })
    let others = (0..<10_000).filter { _ in filter.mayContain(.random(in: .min ... .max)) }
    #expect(others.count < 500)
  }

  @Test
  func `shared ids are found by their hashes, in parts as large as wanted`() {
    let key = FingerprintKey(partitionCount: 8)
    var shared = SharedIDs(key, partitionCount: 8)
    let hashes = (0..<300).map { _ in UInt64.random(in: .min ... .max) }
    for (partition, hashes) in Dictionary(grouping: hashes, by: key.partition) {
      let fingerprints = hashes.map { key.fingerprint($0, userPartition: partition + 1) }
      shared.replace(partition, by: fingerprints.sorted { $0.tag < $1.tag })
    }
    for hash in hashes {
      #expect(shared.userPartition(of: hash) == key.partition(hash) + 1)
      #expect(shared.userPartition(of: ~hash) == nil)
    }
    #expect(shared.ranges(ofAtMost: 300) == [0..<8])
    #expect(shared.ranges(ofAtMost: 0) == (0..<8).map { $0..<$0 + 1 })
    shared.replace(0, by: [])
    shared.replace(7, by: [])
    #expect(shared.ranges(ofAtMost: 300) == [1..<7])
  }
}

@Suite
struct SharedIDCheckTests {
  /// What is confirmed of one fingerprint, behind which these ids are: with stream and partition of
  /// users.
  private func isShared(_ ids: [(id: String, StreamKind, Int)]) throws -> Bool {
    let key = FingerprintKey(partitionCount: 1)
    var shared = SharedIDs(key, partitionCount: 1)
    shared.replace(0, by: [key.fingerprint(5, userPartition: 0)])
    let check = SharedIDCheck(
      shared,
      HashFilter(partitionCount: 1, expectedCount: 1),
      key,
      in: 0..<1
    )
    for (id, stream, userPartition) in ids {
      Array(id.utf8).withUnsafeBytes { bytes in
        let suspect = SharedIDCheck.Suspect(partition: 0, index: 0, stream: stream, id: bytes)
        check.note([suspect], userPartition)
      }
    }
    return try !check.confirmed()[0].isEmpty
  }

  @Test
  func `an id in two partitions of users is shared, two ids of one hash are not`() throws {
    #expect(try isShared([("a", .clicks, 1), ("a", .clicks, 2), ("a", .clicks, 2)]))
    #expect(try !isShared([("a", .clicks, 1), ("b", .clicks, 2), ("b", .clicks, 2)]))
    #expect(try !isShared([("a", .clicks, 1), ("a", .checkouts, 2)]))
    let text = message {
      _ = try isShared([("a", .clicks, 1), ("b", .clicks, 1), ("a", .clicks, 2)])
    }
    #expect(
      text == "the event_id \"a\" of several users has the hash of another one; "
        + "run it again: hashes are others then"
    )
  }
}
