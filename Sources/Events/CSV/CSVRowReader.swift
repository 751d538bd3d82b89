/// Reads CSV row by row into cells, for tables whose rows are no events.
///
/// Owns the places that its rows point to.
package struct CSVRowReader: ~Copyable {
  private let targets: UnsafeMutableBufferPointer<Int>
  private let places: FieldPlaces
  private let scanner: CSVRowScanner
  /// What a row was before its escapes were replaced.
  private var original: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)

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
    original.deallocate()
  }

  /// Reads the row at `start`, whose escapes are replaced in place.
  ///
  /// - Parameters:
  ///   - start: before `end`.
  ///   - end: 64 bytes behind it are readable.
  ///   - isLast: whether the file ends there: then the row may lack its line end.
  /// - Returns: nil if the row is not complete; otherwise a row that is valid until the next call.
  package mutating func read(
    at start: UnsafeMutableRawPointer,
    end: UnsafeRawPointer,
    isLast: Bool
  ) -> CSVRow? {
    guard let row = scanner.scanRow(at: start, end: end, isLast: isLast) else { return nil }
    var text = UnsafeRawBufferPointer(start: start, count: row.byteCount)
    let unplain = row.found.present & ~row.found.plain
    if unplain != 0 {
      let escaped = Bits(unplain).filter { places.traits[$0].flags.contains(.escape) }
      if !escaped.isEmpty {
        text = keep(text)
        unescape(escaped, of: start)
      }
    }
    return CSVRow(
      start: start,
      text: text,
      cells: UnsafePointer(places.slices),
      present: row.found.present,
      consumed: row.consumed,
      fault: row.fault.map {
        CSVRow.Fault(offset: $0.offset, expected: $0.expected, isEncoding: row.isMisencoded)
      }
    )
  }

  private func unescape(_ escaped: [Int], of row: UnsafeMutableRawPointer) {
    for place in escaped {
      let slice = places.slices[place]
      let byteCount = CSVQuotes.unescape(
        row + Int(slice.offset),
        byteCount: Int(slice.length)
      )
      places.slices[place].length = Int32(truncatingIfNeeded: byteCount)
    }
  }

  private mutating func keep(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    if original.count < text.count {
      original.deallocate()
      original = .allocate(byteCount: text.count * 2, alignment: 16)
    }
    original.copyMemory(from: text)
    return UnsafeRawBufferPointer(rebasing: original[..<text.count])
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
  /// As it stands in the file, without its line end; empty for an empty line.
  package let text: UnsafeRawBufferPointer
  @usableFromInline let cells: UnsafePointer<ByteSlice>
  /// One bit for each place whose cell is not empty.
  @usableFromInline let present: UInt32
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
