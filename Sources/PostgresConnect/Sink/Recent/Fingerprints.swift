import Events

/// The process's random key: nobody can make up texts that meet.
private let keyedHash = KeyedHash()

extension ByteSlice {
  /// The fingerprint of a text that is not absent.
  ///
  /// Of a short text the bytes behind it are read, which a message has.
  @inline(__always)
  func fingerprint(of message: UnsafeRawPointer) -> HashKey {
    folded(of: message, into: keyedHash.fingerprint(length))
  }

  /// The fingerprint of up to three texts, absent ones too.
  @inline(__always)
  static func fingerprint(
    _ first: ByteSlice,
    _ second: ByteSlice,
    _ third: ByteSlice,
    of message: UnsafeRawPointer
  ) -> HashKey {
    var key = keyedHash.fingerprint(first.length, second.length, third.length)
    key = first.folded(of: message, into: key)
    key = second.folded(of: message, into: key)
    return third.folded(of: message, into: key)
  }

  @inline(__always)
  private func folded(of message: UnsafeRawPointer, into key: HashKey) -> HashKey {
    keyedHash.fold(message + Int(offset), Int(max(length, 0)), into: key)
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
