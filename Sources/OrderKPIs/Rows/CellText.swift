import Events

/// The text of a cell within the rows it was read from.
package typealias CellText = UnsafeMutableRawBufferPointer

extension CSVRow {
  /// The text of a field without the ASCII white space around it.
  @inline(__always)
  package func text(_ field: some RowField) -> CellText { self[field.rawValue].trimmed }
}

extension CellText {
  @inline(__always)
  fileprivate var trimmed: CellText {
    guard let first, let last, first <= 0x20 || last <= 0x20 else { return self }
    return slowlyTrimmed
  }

  @inline(never)
  private var slowlyTrimmed: CellText {
    var rest = self[...]
    while let first = rest.first, first.isWhiteSpace { rest = rest.dropFirst() }
    while let last = rest.last, last.isWhiteSpace { rest = rest.dropLast() }
    return CellText(rebasing: rest)
  }

  /// Makes ASCII capitals small, in place.
  @inline(__always)
  func makeLowercase() {
    for index in indices where self[index] &- 0x41 < 26 { self[index] |= 0x20 }
  }

  /// Whether this is, in lower case, the status of what came back.
  @inline(__always)
  var isReturned: Bool {
    count == 8
      && baseAddress?.loadUnaligned(as: UInt64.self).littleEndian == 0x6465_6E72_7574_6572
  }

  /// Whether the cell is a number that equals 0.
  @inline(__always)
  var isZero: Bool {
    if count == 1 { return self[0] == UInt8(ascii: "0") }
    return DecimalText(UnsafeRawBufferPointer(self))?.isZero ?? false
  }
}

extension UInt8 {
  /// Space, tab, line feed, vertical tab, form feed, carriage return.
  fileprivate var isWhiteSpace: Bool { self == 0x20 || 0x09...0x0D ~= self }
}
