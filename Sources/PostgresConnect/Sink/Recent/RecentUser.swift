import Events

/// A user as the recent events know him: his id and its fingerprint, which stands for it as in the
/// engine's state.
struct RecentUser {
  /// Valid as long as the record that it was taken from.
  let id: UnsafeRawBufferPointer
  let key: HashKey

  init(of record: some EventRecord) {
    self.init(record.bytes(record.userID))
  }

  init(_ id: UnsafeRawBufferPointer) {
    self.id = id
    key = id.fingerprint
  }
}

/// The process's random key.
private let keyedHash = KeyedHash()

extension UnsafeRawBufferPointer {
  /// Under the process's random key: nobody can make up texts that meet.
  @inline(__always) var fingerprint: HashKey {
    let start = keyedHash.fingerprint(Int32(truncatingIfNeeded: count))
    guard count >= 8, let bytes = baseAddress else {
      return keyedHash.fold(shortWord, 0, into: start)
    }
    return keyedHash.fold(bytes, count, into: start)
  }

  /// Of the fingerprint.
  @inline(__always) var hash: UInt32 { UInt32(truncatingIfNeeded: fingerprint) }

  /// Less than 8 bytes as a number; nothing behind them is read.
  private var shortWord: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }

  @inline(__always)
  func part(at offset: UInt32, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[Int(offset)..<Int(offset) + count])
  }
}

extension ClickRecord {
  /// The fingerprint of up to three of the click's texts, absent ones too.
  ///
  /// Of a short text the bytes behind it are read, which a message has.
  @inline(__always)
  func fingerprint(_ first: ByteSlice, _ second: ByteSlice, _ third: ByteSlice) -> HashKey {
    var key = keyedHash.fingerprint(first.length, second.length, third.length)
    key = fold(first, into: key)
    key = fold(second, into: key)
    return fold(third, into: key)
  }

  @inline(__always)
  private func fold(_ text: ByteSlice, into key: HashKey) -> HashKey {
    keyedHash.fold(message + Int(text.offset), Int(max(text.length, 0)), into: key)
  }
}
