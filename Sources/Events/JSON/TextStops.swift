import CScan

/// Where plain text ends in a stretch of memory: a bit for each byte that is a quote, a backslash, a
/// control character or none of ASCII.
///
/// The end of a string is then a look at one word. A search through its bytes takes twice as long, and
/// there is nothing to do meanwhile: where the next member begins depends on it. Marked for many
/// messages at once, since a look at words that were just written has to wait for them.
struct TextStops {
  /// Words needed: for `mostWords` of bytes, and one behind them for looks that begin in the last.
  static let wordCount = mostWords + 1
  private static let mostWords = 128
  private static let bytesPerWord = 64

  private(set) var marked: scan_marked_text
  private let words: UnsafeMutablePointer<UInt64>

  /// Marks nothing yet; `words` has room for `wordCount`.
  init(words: UnsafeMutablePointer<UInt64>) {
    self.words = words
    marked = scan_marked_text(start: words, byte_count: 0, words: words)
  }

  /// Whether all these bytes are marked.
  func cover(_ start: UnsafeRawPointer, byteCount: Int) -> Bool {
    start >= marked.start && start + byteCount <= marked.start + marked.byte_count
  }

  /// Marks bytes, the first 8 KiB at most; reads up to 63 bytes behind them.
  mutating func mark(_ start: UnsafeRawPointer, byteCount: Int) {
    let wordCount = min(
      (byteCount + Self.bytesPerWord - 1) / Self.bytesPerWord,
      Self.mostWords
    )
    scan_mark_text_stops(start, wordCount, words)
    // A look that begins in the last word ends here at the latest, and goes on by a search.
    words[wordCount] = 0
    marked.start = start
    marked.byte_count = wordCount * Self.bytesPerWord
  }

  /// Asks for the bytes that are to be marked when the scan has come as far as here in the next 8 KiB:
  /// marking is too fast for the memory to keep pace.
  @inline(__always)
  static func prefetchNext(_ position: UnsafeRawPointer, byteCount: Int) {
    for offset in stride(from: 0, to: byteCount, by: bytesPerWord) {
      prefetch(position + mostWords * bytesPerWord + offset)
    }
  }
}
