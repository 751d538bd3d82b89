/// A shard of a stream, as ListShards describes it.
struct Shard: Hashable, Sendable {
  var id: String
  /// Of the records that go there.
  var hashKeys: ClosedRange<UInt128>
  /// One that was split, or two that were merged; they may be gone by retention.
  var parentIDs: [String]
}
