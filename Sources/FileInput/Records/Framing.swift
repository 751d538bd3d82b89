import CScan

/// How the records of a file are told apart.
enum Framing: Sendable {
  /// By line feeds.
  case lines
  /// By line feeds outside of quotes.
  case rows

  init(_ format: FileFormat) { self = format == .csv ? .rows : .lines }

  /// The first place at or behind `start`, up to `end`, where a record begins: behind a line end.
  ///
  /// The byte before `start` is readable, and is a line feed where the file's first record begins.
  func recordStart(
    from start: UnsafeRawPointer,
    _ state: QuoteState,
    to end: UnsafeRawPointer
  ) -> UnsafeRawPointer? {
    if state == .outside, (start - 1).load(as: UInt8.self) == 0x0A { return start }
    switch self {
    case .lines:
      let lineEnd = start + scan_until(start, 0x0A, end - start)
      return lineEnd < end ? lineEnd + 1 : nil
    case .rows:
      var walk = QuoteWalk(at: start, state)
      return walk.nextRow(before: end)
    }
  }

  /// The end of the last whole record of a run that begins with one; nil if not even the first is
  /// whole.
  func lastRecordEnd(
    from start: UnsafeRawPointer,
    to end: UnsafeRawPointer
  ) -> UnsafeRawPointer? {
    switch self {
    case .lines:
      var cursor = end
      while cursor > start {
        if (cursor - 1).load(as: UInt8.self) == 0x0A { return cursor }
        cursor -= 1
      }
      return nil
    case .rows:
      var walk = QuoteWalk(at: start, .outside)
      var last: UnsafeRawPointer?
      while let next = walk.nextRow(before: end) { last = next }
      return last
    }
  }
}
