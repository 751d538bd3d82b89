import Events

/// Cleans the rows of one file of a table, as its layout has them.
///
/// A value for one thread; several may work on different parts of a file.
package struct RowCleaner<Row: CleanRow>: ~Copyable {
  private let shape: TableShape.Name
  private let reader: CSVRowReader
  private var times = TimeReader(.lenient)

  /// - Parameter layout: of a file of the row's table.
  package init(_ layout: TableLayout) {
    precondition(layout.table == Row.table, "a layout of \(layout.table) for \(Row.table)")
    shape = layout.shape
    reader = CSVRowReader(columns: layout.columns, placeCount: layout.table.fieldCount)
  }

  /// Cleans whole rows, up to `limit`; empty lines are skipped.
  ///
  /// - Parameters:
  ///   - text: rows behind the header, the last of which may lack its line end; may be rewritten in
  ///     place, and 64 bytes behind them are readable.
  ///   - offset: where the first of them stands in the file, unpacked.
  ///   - limit: at least 1.
  ///   - batch: takes the clean rows, which point into `text`, and the rejected ones.
  /// - Returns: the number of bytes consumed, always whole rows with their ends.
  /// - Throws: if the bytes are not UTF-8 without U+0000.
  package mutating func clean(
    _ text: UnsafeMutableRawBufferPointer,
    at offset: Int64,
    limit: Int,
    into batch: inout CleanBatch<Row>
  ) throws(EncodingFault) -> Int {
    guard let start = text.baseAddress else { return 0 }
    let end = start + text.count
    var cursor = start
    var taken = 0
    while cursor < end, taken < limit {
      let row = reader.read(at: cursor, end: end)
      let rowStart = cursor
      let place = offset + Int64(cursor - start)
      cursor += row.consumed
      if row.byteCount == 0 { continue }
      taken += 1
      batch.rowCount += 1
      if let fault = row.fault {
        guard !fault.isEncoding else {
          let byte = rowStart.load(fromByteOffset: fault.offset, as: UInt8.self)
          throw EncodingFault(row: place, fault, found: byte)
        }
        batch.rejects.note(.malformedRow, at: place)
        continue
      }
      do throws(Rejection) {
        batch.rows.append(try Row(row, of: shape, times: &times))
        batch.offsets.append(place)
      } catch {
        batch.rejects.note(error, at: place)
      }
    }
    return cursor - start
  }
}

/// Clean rows in the order of the file, and what was rejected between them.
package struct CleanBatch<Row: CleanRow> {
  package var rows: [Row] = []
  /// Where each row stands in the file, unpacked, in bytes.
  package var offsets: [Int64] = []
  /// All that were read, rejected ones too.
  package var rowCount = 0
  package var rejects = RejectLog()

  package init() {}

  /// An empty batch in the memory of another one.
  init(reusing batch: consuming CleanBatch) {
    rows = batch.rows
    offsets = batch.offsets
    removeRows()
  }

  /// Forgets the rows, keeps the memory and what was counted.
  package mutating func removeRows() {
    rows.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
  }
}

/// Bytes that are no text: the file is in another encoding, damaged, or has NUL bytes in it.
package struct EncodingFault: Error {
  /// Where the row begins in the file.
  package let rowOffset: Int64
  /// Where in the row the bytes stop being text.
  package let byteOffset: Int
  package let expected: StaticString
  /// The byte that stands there.
  package let found: UInt8

  init(row offset: Int64, _ fault: CSVRow.Fault, found: UInt8) {
    rowOffset = offset
    byteOffset = fault.offset
    expected = fault.expected
    self.found = found
  }

  /// What to do about it, a sentence: a NUL byte is UTF-8, no conversion takes it away.
  package var hint: String {
    found == 0
      ? "Take the NUL bytes out of the file: tr -d '\\000' < FILE > CLEAN."
      : "Convert the file: iconv -f LATIN1 -t UTF-8."
  }
}
