package import Dataflow
package import Events

/// The text of a cell within the rows it was read from.
package typealias CellText = UnsafeMutableRawBufferPointer

extension CSVRow {
  /// The text of a field without the ASCII white space around it.
  @inline(__always)
  package func text(_ field: some RowField) -> CellText { self[field.rawValue].trimmed }

  /// As above, of a field that rows are found by.
  @inline(__always)
  func key(_ field: some RowField) throws(Rejection) -> CellText {
    let key = text(field)
    guard key.count <= CellText.longestKey else { throw .keyTooLong }
    return key
  }
}

extension CellText {
  /// In bytes: two of them fit into an entry of PostgreSQL's indexes.
  static var longestKey: Int { 1000 }
}

extension TimeReader {
  /// A time in the years 1 to 9999, UTC: an offset may move one out of those that can be written.
  @inline(__always)
  package mutating func writableTime(_ text: CellText) -> EventTime? {
    guard let time = time(UnsafeRawBufferPointer(text)),
      -62_135_596_800_000_000..<253_402_300_800_000_000 ~= time.microseconds
    else { return nil }
    return time
  }
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
