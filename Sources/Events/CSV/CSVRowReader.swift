/// Reads CSV row by row into cells, for tables whose rows are no events.
///
/// Owns the places that its rows point to.
package struct CSVRowReader: ~Copyable {
  private let targets: UnsafeMutableBufferPointer<Int>
  private let places: FieldPlaces
  private let scanner: CSVRowScanner

  /// - Parameters:
  ///   - columns: the place of each column, in the order of the file; nil where nobody wants it.
  ///   - placeCount: places there are; at most 31, so that a bit each fits 32.
  package init(columns: [Int?], placeCount: Int) {
    precondition(placeCount <= 31, "a row of \(placeCount) places: at most 31")
    targets = .allocate(capacity: columns.count)
    _ = targets.initialize(from: columns.map { $0 ?? placeCount })
    places = FieldPlaces(
      slices: .allocate(capacity: placeCount + 1),
      traits: .allocate(capacity: placeCount + 1)
    )
    places.slices.initialize(repeating: .absent, count: placeCount + 1)
    places.traits.initialize(repeating: .plainString, count: placeCount + 1)
    scanner = CSVRowScanner(
      targets: UnsafeBufferPointer(targets),
      unwanted: placeCount,
      places: places
    )
  }

  deinit {
    targets.deallocate()
    places.slices.deallocate()
    places.traits.deallocate()
  }

  /// Reads the row at `start`, in whose wanted cells escapes are replaced in place, unless it is no
  /// text: then its fault is told of the bytes as the file has them.
  ///
  /// - Parameters:
  ///   - start: before `end`.
  ///   - end: of the last whole row, which may lack its line end; 64 bytes behind it are readable.
  /// - Returns: a row that is valid until the next call; it takes at least a byte.
  package func read(
    at start: UnsafeMutableRawPointer,
    end: UnsafeRawPointer
  ) -> CSVRow {
    let row = scanner.scanRow(at: start, end: end)
    let unplain = row.found.present & ~row.found.plain
    if unplain != 0, !row.isMisencoded { unescape(unplain, of: start) }
    return CSVRow(
      start: start,
      cells: UnsafePointer(places.slices),
      present: row.found.present,
      byteCount: row.byteCount,
      consumed: row.consumed,
      fault: row.fault.map {
        CSVRow.Fault(offset: $0.offset, expected: $0.expected, isEncoding: row.isMisencoded)
      }
    )
  }

  private func unescape(_ unplain: UInt32, of row: UnsafeMutableRawPointer) {
    for place in Bits(unplain)
    where place != scanner.unwanted && places.traits[place].flags.contains(.escape) {
      let slice = places.slices[place]
      let byteCount = CSVQuotes.unescape(
        row + Int(slice.offset),
        byteCount: Int(slice.length)
      )
      places.slices[place].length = Int32(truncatingIfNeeded: byteCount)
    }
  }
}

/// The cells of one row, by place.
@usableFromInline
package struct CSVRow {
  /// Why a row is none.
  package struct Fault {
    /// In bytes from the start of the row.
    package let offset: Int
    /// What would have been right there.
    package let expected: StaticString
    /// Whether its bytes are no text: then neither are those of the file, as a rule.
    package let isEncoding: Bool
  }

  @usableFromInline package let start: UnsafeMutableRawPointer
  @usableFromInline let cells: UnsafePointer<ByteSlice>
  /// One bit for each place whose cell is not empty.
  @usableFromInline let present: UInt32
  /// Without its line end; 0 for an empty line.
  package let byteCount: Int
  /// With its line end.
  package let consumed: Int
  package let fault: Fault?

  /// The text of a cell; empty if the cell is, or the file has no such column.
  ///
  /// 16 readable bytes follow it.
  @inlinable
  package subscript(place: Int) -> UnsafeMutableRawBufferPointer {
    guard present & (1 &<< UInt32(truncatingIfNeeded: place)) != 0 else {
      return UnsafeMutableRawBufferPointer(start: start, count: 0)
    }
    let slice = cells[place]
    return UnsafeMutableRawBufferPointer(
      start: start + Int(slice.offset),
      count: Int(slice.length)
    )
  }
}
