/// The new answers of an epoch with those corrected that its own late events change: such a row is
/// written once, instead of being written and replaced.
///
/// ```
/// new answers        k1   k2   k3   k4
/// recent answers          k2'       k4'   k9'      k9 was stored by an earlier epoch
/// rows               k1   k2'  k3   k4'
/// others                                  k9'
/// ```
/// A log that is read faster than it was written has most of its late events in the epoch of what
/// they touch.
struct CorrectedAnswers: ~Copyable {
  /// What is to be written in place of the epoch's new answers, where any of them are corrected.
  private(set) var rows = CopyBuffer()
  /// Corrections of stored answers.
  private(set) var others = CopyBuffer()

  /// The corrections are rows like those of the new answers, each checkout once.
  init(of newAnswers: borrowing CopyBuffer, by corrections: borrowing CopyBuffer) {
    guard !corrections.isEmpty else { return }
    merge(corrections.bytes, into: newAnswers.bytes)
  }

  /// checkout_id, user_id, checkout_timestamp and revenue: a checkout's own fields.
  private static let keyFieldCount = 4

  private mutating func merge(
    _ corrections: UnsafeRawBufferPointer,
    into answers: UnsafeRawBufferPointer
  ) {
    var index = RowIndex(corrections, keyFieldCount: Self.keyFieldCount)
    var walk = CopyRowWalk(answers, keyFieldCount: Self.keyFieldCount)
    // Up to where the answers are copied.
    var end = 0
    while let row = walk.next() {
      guard let correction = index.take(answers[row.key]) else { continue }
      if rows.isEmpty { rows = CopyBuffer(capacity: answers.count + corrections.count) }
      Self.append(answers[end..<row.range.lowerBound], to: &rows)
      Self.append(corrections[correction], to: &rows)
      end = row.range.upperBound
    }
    if end > 0 { Self.append(answers[end...], to: &rows) }
    for range in index.rest { Self.append(corrections[range], to: &others) }
  }

  private static func append(
    _ rows: Slice<UnsafeRawBufferPointer>,
    to buffer: inout CopyBuffer
  ) {
    var cursor = buffer.reserve(rows.count)
    cursor.fields(UnsafeRawBufferPointer(rebasing: rows))
    buffer.commit(to: cursor)
  }
}

/// Rows of a binary COPY, found by their key, each once.
private struct RowIndex {
  private struct Entry {
    var hash: UInt32
    var row: CopyRowWalk.Row
    var isTaken = false
  }

  private let bytes: UnsafeRawBufferPointer
  private var entries: [Entry] = []
  private var slots = SlotTable()

  init(_ bytes: UnsafeRawBufferPointer, keyFieldCount: Int) {
    self.bytes = bytes
    var walk = CopyRowWalk(bytes, keyFieldCount: keyFieldCount)
    while let row = walk.next() {
      let hash = UnsafeRawBufferPointer(rebasing: bytes[row.key]).hash
      entries.append(Entry(hash: hash, row: row))
      slots.insert(entries.count - 1, hash: hash) { entries[$0].hash }
    }
  }

  /// Where the row with this key stands, at the first time of asking.
  mutating func take(_ key: Slice<UnsafeRawBufferPointer>) -> Range<Int>? {
    let key = UnsafeRawBufferPointer(rebasing: key)
    let hash = key.hash
    let found = slots.find(hash) { number in
      entries[number].hash == hash
        && UnsafeRawBufferPointer(rebasing: bytes[entries[number].row.key]).holdsSame(as: key)
    }
    guard let found, !entries[found].isTaken else { return nil }
    entries[found].isTaken = true
    return entries[found].row.range
  }

  /// Where the rows stand that were not taken.
  var rest: [Range<Int>] { entries.filter { !$0.isTaken }.map(\.row.range) }
}
