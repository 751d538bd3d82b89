import Events

/// A user as the recent events know him: his id, and its hash under the process's random seed.
struct RecentUser {
  /// Valid as long as the record that it was taken from.
  let id: UnsafeRawBufferPointer
  let hash: Int

  init(of record: some EventRecord) {
    self.init(record.bytes(record.userID))
  }

  init(_ id: UnsafeRawBufferPointer) {
    self.id = id
    hash = Self.hash(id)
  }

  static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: bytes)
    return hasher.finalize()
  }
}
