import Connect
import Dataflow
import Testing

@testable import KinesisConnect

@Suite struct StreamShardsTests {
  private static let keys = HashKey(0)...HashKey(.max)

  private static func shard(_ id: String, parents: [String] = []) -> Shard {
    Shard(
      id: id,
      parentID: parents.first,
      adjacentParentID: parents.dropFirst().first,
      hashKeys: keys
    )
  }

  private static func child(_ id: String, of parents: [String]) -> ChildShard {
    ChildShard(id: id, parentIDs: parents, hashKeys: keys)
  }

  private static func stream(_ shards: [Shard]) -> StreamShards {
    StreamShards(shards, of: .clicks, name: "shop-clicks", retention: .hours(24))
  }

  @Test func `the end of a shard tells its children`() {
    let stream = Self.stream([Self.shard("a"), Self.shard("b")])
    let version = stream.snapshot.version
    stream.take(children: [Self.child("c", of: ["a", "b"])])
    #expect(stream.snapshot.shards["c"]?.parentIDs == ["a", "b"])
    #expect(stream.snapshot.version > version)
    // An older list does not make it forgotten.
    stream.take([Self.shard("a"), Self.shard("b")])
    #expect(stream.snapshot.shards["c"] != nil)
  }

  @Test func `a child with a parent that is not known waits for a list`() {
    let stream = Self.stream([Self.shard("a")])
    stream.take(children: [Self.child("c", of: ["a", "b"])])
    #expect(stream.snapshot.shards["c"] == nil)
    stream.take([
      Self.shard("a"), Self.shard("b", parents: ["x"]), Self.shard("c", parents: ["a", "b"]),
    ])
    #expect(stream.snapshot.shards["c"] != nil)
  }

  @Test func `a list that changes nothing makes no new version`() {
    let stream = Self.stream([Self.shard("a")])
    let version = stream.snapshot.version
    stream.take([Self.shard("a")])
    #expect(stream.snapshot.version == version)
  }

  @Test func `one thread at a time makes the list that is due`() {
    let stream = Self.stream([Self.shard("a")])
    let later = ContinuousClock.now + .seconds(2)
    #expect(!stream.beginListIfDue(at: later))
    stream.wantList()
    #expect(stream.beginListIfDue(at: later))
    #expect(!stream.beginListIfDue(at: later))
    stream.failed()
    #expect(!stream.beginListIfDue(at: .now))
    #expect(stream.beginListIfDue(at: later))
    stream.take([Self.shard("a")])
    #expect(!stream.beginListIfDue(at: later))
  }
}
