import Events

/// A user as the recent events know him: his id, and its hash under the process's random seed.
struct RecentUser {
  /// Valid as long as the record that it was taken from.
  let id: UnsafeRawBufferPointer
  let hash: UInt32

  init(of record: some EventRecord) {
    self.init(record.bytes(record.userID))
  }

  init(_ id: UnsafeRawBufferPointer) {
    self.id = id
    hash = id.hash
  }
}

extension UnsafeRawBufferPointer {
  /// Under the process's random seed.
  @inline(__always) var hash: UInt32 {
    var hasher = Hasher()
    hasher.combine(bytes: self)
    return UInt32(truncatingIfNeeded: hasher.finalize())
  }

  @inline(__always)
  func part(at offset: UInt32, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[Int(offset)..<Int(offset) + count])
  }
}
