import Events

/// The process's random key: nobody can make up texts that meet.
private let keyedHash = KeyedHash()

extension EventRecord {
  /// The fingerprint of one of the record's texts, which is not absent.
  ///
  /// Of a short text the bytes behind it are read, which a message has.
  @inline(__always)
  func fingerprint(_ text: ByteSlice) -> HashKey {
    fold(text, into: keyedHash.fingerprint(text.length))
  }

  /// The fingerprint of up to three of its texts, absent ones too.
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

extension UnsafeRawBufferPointer {
  /// A hash of texts of any length, not the fingerprint of a record's text.
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
