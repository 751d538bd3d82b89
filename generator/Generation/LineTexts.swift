/// Texts in one block of memory, found by index: what lines are put together from.
///
/// Filled once, then only read.
final class LineTexts {
  private struct Entry {
    var offset: Int
    var byteCount: Int
  }

  private let block: UnsafeMutableRawBufferPointer
  private let entries: [Entry]

  init(_ texts: [String]) {
    var entries: [Entry] = []
    entries.reserveCapacity(texts.count)
    var end = 0
    for text in texts {
      entries.append(Entry(offset: end, byteCount: text.utf8.count))
      end += text.utf8.count
    }
    block = .allocate(byteCount: end, alignment: 8)
    for (text, entry) in zip(texts, entries) {
      UnsafeMutableRawBufferPointer(rebasing: block[entry.offset..<entry.offset + entry.byteCount])
        .copyBytes(from: text.utf8)
    }
    self.entries = entries
  }

  deinit { block.deallocate() }

  /// Valid as long as the texts are.
  @inline(__always)
  subscript(index: Int) -> UnsafeRawBufferPointer {
    let entry = entries[index]
    // In bounds: the entries were laid out over this very block.
    return UnsafeRawBufferPointer(
      start: block.baseAddress.map { UnsafeRawPointer($0) + entry.offset },
      count: entry.byteCount
    )
  }
}
