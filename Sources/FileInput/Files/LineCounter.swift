import CScan
import Foundation
import Synchronization

/// Finds the line numbers of places in a file, when there is something to say about them.
///
/// Reads the file again for that: lines are rarely asked for, and counting all of them would cost
/// every run a pass over the bytes. Remembers what it counted, so that ascending places cost one
/// pass together.
final class LineCounter: Sendable {
  private struct Mark {
    var offset: Int64
    var lineFeeds: Int64
  }

  private static let blockByteCount = 1 << 20

  private let path: String
  /// Ascending.
  private let marks = Mutex([Mark(offset: 0, lineFeeds: 0)])

  init(_ path: String) { self.path = path }

  /// The line, from 1 on, that the byte stands on; nil if the file cannot be read so far any more.
  func line(at offset: Int64) -> Int64? { lines(at: [offset])?.first }

  /// The lines of ascending bytes, for one opening of the file; nil if it cannot be read so far.
  func lines(at offsets: [Int64]) -> [Int64]? {
    guard let first = offsets.first, let last = offsets.last else { return [] }
    return marks.withLock { marks in
      var mark = marks[marks.lastIndex { $0.offset <= first } ?? 0]
      guard let file = try? OpenFile(path), file.stamp.byteCount >= last else { return nil }
      let block = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Self.blockByteCount,
        alignment: 64
      )
      defer { block.deallocate() }
      var lines: [Int64] = []
      for offset in offsets {
        guard advance(&mark, to: offset, of: file, through: block) else { return nil }
        lines.append(mark.lineFeeds + 1)
      }
      let index = marks.lastIndex { $0.offset <= last } ?? 0
      if marks[index].offset < last { marks.insert(mark, at: index + 1) }
      return lines
    }
  }

  /// Counts on to the byte; false if the file cannot be read so far.
  private func advance(
    _ mark: inout Mark,
    to offset: Int64,
    of file: OpenFile,
    through block: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let start = block.baseAddress else { return false }
    while mark.offset < offset {
      let count = Int(min(offset - mark.offset, Int64(block.count)))
      guard (try? file.read(count, at: mark.offset, into: start)) != nil else { return false }
      mark.lineFeeds += Int64(scan_count(start, 0x0A, count))
      mark.offset += Int64(count)
    }
    return true
  }
}
