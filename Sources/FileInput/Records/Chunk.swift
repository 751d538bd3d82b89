/// Whole records of one file, in memory that a decoder may rewrite in place; 64 bytes behind them are
/// readable.
package struct Chunk {
  package let file: InputFile
  /// The last record of a file may lack its line end.
  package let bytes: UnsafeMutableRawBufferPointer
  /// Where the first byte stands in the file, once unpacked.
  package let offset: Int64
  /// Where it is known without looking: the lines of a packed file cannot be looked up later.
  let lines: Lines?

  struct Lines {
    /// The line of the chunk's first byte.
    var first: Int64
    /// Where the line feeds are, in the chunk.
    var ends: [Int]
  }

  /// The line, from 1 on, of a byte of this chunk, for messages; nil if the file cannot be read any
  /// more.
  package func line(at offset: Int64) -> Int64? {
    knownLine(at: offset) ?? file.line(at: offset)
  }

  /// The lines of ascending bytes, likewise; in one go, as a file may have many to tell.
  package func lines(at offsets: [Int64]) -> [Int64]? {
    guard lines != nil else { return file.lines(at: offsets) }
    return offsets.compactMap { knownLine(at: $0) }
  }

  /// The line of a byte of a packed file, which cannot be looked up later; nil of others, which the
  /// file tells when it is asked.
  package func knownLine(at offset: Int64) -> Int64? {
    guard let lines else { return nil }
    let place = Int(offset - self.offset)
    var (low, high) = (0, lines.ends.count)
    while low < high {
      let middle = (low + high) / 2
      if lines.ends[middle] < place { low = middle + 1 } else { high = middle }
    }
    return lines.first + Int64(low)
  }
}

/// Memory that one thread reads chunks into, one after another.
///
/// ```
/// 64 bytes | chunk ... | 64 bytes
/// ```
package final class ChunkBuffer {
  static let margin = 64

  private(set) var bytes: UnsafeMutableRawPointer
  private var capacity: Int

  package init() {
    capacity = 0
    bytes = Self.allocate(0)
  }

  deinit { (bytes - Self.margin).deallocate() }

  /// Memory held, in bytes.
  package var byteCount: Int { capacity + 2 * Self.margin }

  /// Makes room for `capacity` bytes, keeping the first `count`.
  func reserve(_ capacity: Int, keeping count: Int = 0) {
    guard capacity > self.capacity else { return }
    let larger = Self.allocate(capacity)
    (larger - Self.margin).copyMemory(
      from: bytes - Self.margin,
      byteCount: Self.margin + count
    )
    (bytes - Self.margin).deallocate()
    bytes = larger
    self.capacity = capacity
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: capacity + 2 * margin,
      alignment: 64
    )
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: margin)
    (memory + margin + capacity).initializeMemory(as: UInt8.self, repeating: 0, count: margin)
    return memory + margin
  }
}
