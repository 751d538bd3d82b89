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
  func line(at offset: Int64) -> Int64? {
    marks.withLock { marks in
      let index = marks.lastIndex { $0.offset <= offset } ?? 0
      var mark = marks[index]
      guard let file = try? OpenFile(path), file.stamp.byteCount >= offset else { return nil }
      let block = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Self.blockByteCount,
        alignment: 64
      )
      defer { block.deallocate() }
      guard let start = block.baseAddress else { return nil }
      while mark.offset < offset {
        let count = Int(min(offset - mark.offset, Int64(Self.blockByteCount)))
        guard (try? file.read(count, at: mark.offset, into: start)) != nil else { return nil }
        mark.lineFeeds += Int64(scan_count(start, 0x0A, count))
        mark.offset += Int64(count)
      }
      if mark.offset > marks[index].offset { marks.insert(mark, at: index + 1) }
      return mark.lineFeeds + 1
    }
  }
}
