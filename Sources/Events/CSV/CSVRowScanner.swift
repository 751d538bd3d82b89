import CScan

/// Splits CSV (RFC 4180) into cells, row by row.
///
/// Rows end with `\n` or `\r\n`; cells may be quoted, then with commas, line ends and `""` inside. A
/// quote within an unquoted cell is text. The cells of the wanted columns are left in their places,
/// quoted or not alike; an empty cell is absent. All of a row must be UTF-8 without NUL.
package struct CSVRowScanner {
  /// The place of each column, in the order of the file.
  let targets: UnsafeBufferPointer<Int>
  /// The place of columns that nobody wants.
  let unwanted: Int
  let places: FieldPlaces

  struct Row {
    var found = FoundFields()
    /// Without its line end.
    var byteCount = 0
    /// With its line end.
    var consumed = 0
    var fault: SyntaxFault?
    /// Whether the fault is that the bytes are no text.
    var isMisencoded = false

    mutating func note(_ fault: SyntaxFault) { self.fault = self.fault ?? fault }

    /// Goes before every other fault: bytes that are no text may look like anything.
    mutating func noteEncoding(_ fault: SyntaxFault) {
      if !isMisencoded { self.fault = fault }
      isMisencoded = true
    }
  }

  /// A cell, and what comes behind it.
  private struct Cell {
    var slice: ByteSlice
    var flags: ValueTraits.Flags
    /// At the comma or line end.
    var end: UnsafeRawPointer
  }

  /// Scans the row at `start`, of which at least a byte stands before `end`; it ends there if not with
  /// a line end before.
  func scanRow(at start: UnsafeRawPointer, end: UnsafeRawPointer) -> Row {
    var row = Row()
    // Of its own, so that it stays in registers.
    var found = FoundFields()
    var cursor = start
    var column = 0
    while true {
      let place = column < targets.count ? targets[column] : unwanted
      column &+= 1
      var stop = scan_plain_cell(cursor, end)
      var next = stop < end ? stop.load(as: UInt8.self) : 0
      if next == UInt8(ascii: ",") || next == 0x0a,
        cursor.load(as: UInt8.self) != UInt8(ascii: "\"")
      {
        if stop > cursor {
          places.slices[place] = slice(from: cursor, to: stop, of: start)
          found.notePlainStrings(1 &<< UInt32(truncatingIfNeeded: place))
        }
      } else {
        let cell = scanCell(at: cursor, of: start, end: end, &row)
        if cell.slice.length > 0 {
          places.slices[place] = cell.slice
          places.traits[place] = ValueTraits(kind: .string, flags: cell.flags)
          found.note(place, places.traits[place])
        }
        stop = cell.end
        next = stop < end ? stop.load(as: UInt8.self) : 0
      }
      cursor = stop + 1
      if next == UInt8(ascii: ",") { continue }

      row.found = found
      row.consumed = min(cursor, end) - start
      row.byteCount = stop - start
      if row.byteCount > 0, (stop - 1).load(as: UInt8.self) == 0x0d { row.byteCount -= 1 }
      if column != targets.count {
        row.note(SyntaxFault(offset: row.byteCount, expected: "as many cells as the header has"))
      }
      return row
    }
  }

  /// Scans any cell up to its comma or line end.
  private func scanCell(
    at start: UnsafeRawPointer,
    of row: UnsafeRawPointer,
    end: UnsafeRawPointer,
    _ result: inout Row
  ) -> Cell {
    var flags: ValueTraits.Flags = []
    var text = start
    var textEnd: UnsafeRawPointer?
    var cursor = start
    var isPlain = false
    if start < end, start.load(as: UInt8.self) == UInt8(ascii: "\"") {
      text = start + 1
      let found = scan_quoted_cell(text, end)
      if found.has_doubled { flags.insert(.escape) }
      isPlain = !found.has_unplain
      cursor = end
      if found.quote < end {
        textEnd = found.quote
        cursor = found.quote + 1
      } else {
        result.note(SyntaxFault(offset: start - row, expected: "a closing quote"))
      }
    }
    let behindQuote = cursor
    cursor = scanUnquoted(cursor, end: end)
    var contentEnd = cursor
    if cursor == end || cursor.load(as: UInt8.self) == 0x0a, contentEnd > behindQuote,
      (contentEnd - 1).load(as: UInt8.self) == 0x0d
    {
      contentEnd -= 1
    }
    if textEnd != nil, contentEnd > behindQuote {
      result.note(
        SyntaxFault(offset: behindQuote - row, expected: "a comma or line end behind the quote")
      )
    }
    if !isPlain { check(from: text, to: textEnd ?? contentEnd, of: row, &result) }
    return Cell(
      slice: slice(from: text, to: textEnd ?? contentEnd, of: row),
      flags: flags,
      end: cursor
    )
  }

  /// The comma, line feed or end that ends an unquoted run.
  private func scanUnquoted(
    _ start: UnsafeRawPointer,
    end: UnsafeRawPointer
  ) -> UnsafeRawPointer {
    var cursor = start
    while true {
      cursor = scan_plain_cell(cursor, end)
      guard cursor < end else { return end }
      switch cursor.load(as: UInt8.self) {
      case UInt8(ascii: ","), 0x0a: return cursor
      default: cursor += 1
      }
    }
  }

  private func check(
    from start: UnsafeRawPointer,
    to end: UnsafeRawPointer,
    of row: UnsafeRawPointer,
    _ result: inout Row
  ) {
    if let position = firstMalformedUTF8(from: start, to: end) {
      result.noteEncoding(SyntaxFault(offset: position - row, expected: "UTF-8"))
    }
    let nul = scan_until(start, 0, end - start)
    if nul < end - start {
      result.noteEncoding(SyntaxFault(offset: start - row + nul, expected: "text without U+0000"))
    }
  }

  /// A row is shorter than 2^31 bytes.
  @inline(__always)
  private func slice(
    from start: UnsafeRawPointer,
    to end: UnsafeRawPointer,
    of row: UnsafeRawPointer
  ) -> ByteSlice {
    ByteSlice(
      offset: UInt32(truncatingIfNeeded: start - row),
      length: Int32(truncatingIfNeeded: end - start)
    )
  }
}
