/// Whole lines for one partition of a stream, and the key of each: what a writer takes at once.
///
///     bytes  {"event_id":"clk_1",...}\n{"event_id":"clk_2",...}\n
///     keys   user_0000017user_0000004
///     marks                            ^ lineEnd, keyEnd of line 0 ...
///
/// Borrowed: good until the call that it is handed to returns.
package struct KeyedLines {
  /// Where a line ends in the bytes, its line end included, and where its key ends in the keys; both
  /// begin where those before them end.
  @frozen
  package struct Mark: BitwiseCopyable {
    package var lineEnd: UInt32
    package var keyEnd: UInt32

    @inlinable
    package init(lineEnd: UInt32, keyEnd: UInt32) {
      self.lineEnd = lineEnd
      self.keyEnd = keyEnd
    }
  }

  package let bytes: UnsafeRawBufferPointer
  package let keys: UnsafeRawBufferPointer
  package let marks: UnsafeBufferPointer<Mark>

  /// - Precondition: the last mark stands at the ends of bytes and keys.
  package init(
    bytes: UnsafeRawBufferPointer,
    keys: UnsafeRawBufferPointer,
    marks: UnsafeBufferPointer<Mark>
  ) {
    precondition(
      bytes.count == Int(marks.last?.lineEnd ?? 0) && keys.count == Int(marks.last?.keyEnd ?? 0),
      "\(bytes.count) bytes and \(keys.count) bytes of keys, marked otherwise"
    )
    self.bytes = bytes
    self.keys = keys
    self.marks = marks
  }
}
