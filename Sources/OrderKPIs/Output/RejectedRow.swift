package import Connect
import Events
package import FileInput

/// A sample of the rows that cleaning rejected, with what the file says there.
package struct RejectedRow: Hashable, Sendable {
  /// How much of a row is kept, in bytes.
  private static let maximumByteCount = 4096

  package let reason: Rejection
  /// Where the row begins in the file, unpacked, in bytes.
  package let offset: Int64
  /// The line that the row begins on, from 1.
  package let line: Int64?
  /// The row without its line end, cut at 4096 bytes.
  package let text: String

  /// Reads the rows at some places of a file again, from its start up to the last of them.
  ///
  /// - Parameters:
  ///   - places: ascending.
  ///   - file: as it was when the rows were rejected.
  /// - Returns: a row for each place.
  /// - Throws: when the file cannot be read, or has changed since.
  package static func read(
    _ places: [RejectedPlace],
    of file: InputFile
  ) throws(ConnectorError) -> [RejectedRow] {
    var rows: [RejectedRow] = []
    let reader = ChunkReader([file])
    let buffer = ChunkBuffer()
    while rows.count < places.count, let chunk = try reader.next(into: buffer) {
      let end = chunk.offset + Int64(chunk.bytes.count)
      while rows.count < places.count, places[rows.count].offset < end {
        let place = places[rows.count]
        rows.append(
          RejectedRow(
            reason: place.reason,
            offset: place.offset,
            line: chunk.line(at: place.offset),
            text: text(at: Int(place.offset - chunk.offset), of: chunk)
          )
        )
      }
    }
    return rows
  }

  private static func text(at place: Int, of chunk: Chunk) -> String {
    guard let start = chunk.bytes.baseAddress, chunk.bytes.indices ~= place else { return "" }
    // No cell is wanted, so none is changed: only the end of the row is asked for.
    let row = CSVRowReader(columns: [], placeCount: 0)
      .read(at: start + place, end: start + chunk.bytes.count)
    let whole = UnsafeRawBufferPointer(start: start + place, count: row.byteCount)
    var byteCount = min(whole.count, maximumByteCount)
    // A character is kept whole or not at all: none may go on behind the cut.
    while byteCount > 0, byteCount < whole.count, whole[byteCount] & 0xC0 == 0x80 { byteCount -= 1 }
    return String(decoding: whole.prefix(byteCount), as: UTF8.self)
  }
}
