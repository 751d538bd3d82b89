import Events

/// A user as the recent events know him: his id, and its hash under the process's random key.
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

/// The process's random key.
private let keyedHash = KeyedHash()

extension UnsafeRawBufferPointer {
  /// Under the process's random key: nobody can make up texts that meet.
  @inline(__always) var hash: UInt32 {
    let start = keyedHash.fingerprint(Int32(truncatingIfNeeded: count))
    guard count >= 8, let bytes = baseAddress else {
      return UInt32(truncatingIfNeeded: keyedHash.fold(shortWord, 0, into: start))
    }
    return UInt32(truncatingIfNeeded: keyedHash.fold(bytes, count, into: start))
  }

  /// Less than 8 bytes as a number; nothing behind them is read.
  private var shortWord: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }

  @inline(__always)
  func part(at offset: UInt32, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[Int(offset)..<Int(offset) + count])
  }
}
