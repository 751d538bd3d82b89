import Connect
import Events
import FileInput
import Synchronization

/// Reads and cleans the files of one table, by as many threads as call it.
final class TableReader<Row: CleanRow>: Sendable {
  private let files: [ShopFile]
  private let chunks: ChunkReader
  private let maximumBadRows: Int?
  private let reportsByFile: Mutex<[FileReport]>

  /// Rows cleaned at a time: their records stay in the cache.
  private static var batchRowCount: Int { 512 }

  init(_ files: [ShopFile], chunkByteCount: Int, maximumBadRows: Int?) {
    self.files = files
    self.maximumBadRows = maximumBadRows
    chunks = ChunkReader(files.map(\.file), chunkByteCount: chunkByteCount)
    reportsByFile = Mutex(files.map { FileReport(table: Row.table, file: $0) })
  }

  /// Bytes on disk that were read so far.
  var readByteCount: Int64 { chunks.readByteCount }

  /// What was read and rejected of each file so far.
  var reports: [FileReport] { reportsByFile.withLock { $0 } }

  /// Reads chunks until there are none.
  ///
  /// - Parameters:
  ///   - rows: called with the clean rows of a part of a chunk, and the chunk's place; the rows are
  ///     valid during the call.
  ///   - end: called behind the last rows of a chunk.
  /// - Throws: when a file cannot be read, is no text, or has too many malformed rows; what `end`
  ///   throws.
  func read(
    rows: (CleanBatch<Row>, InputPlace) -> Void,
    end: (InputPlace) throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    let buffer = ChunkBuffer()
    var batch = CleanBatch<Row>()
    while let chunk = try chunks.next(into: buffer) {
      let place = InputPlace(file: chunk.file.order, offset: chunk.offset)
      var cleaner = RowCleaner<Row>(files[place.file].layout)
      var cursor = 0
      while cursor < chunk.bytes.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: chunk.bytes[cursor...])
        do throws(EncodingFault) {
          cursor += try cleaner.clean(
            rest,
            at: chunk.offset + Int64(cursor),
            limit: Self.batchRowCount,
            into: &batch
          )
        } catch {
          throw Self.refusal(of: chunk, error)
        }
        rows(batch, place)
        batch.removeRows()
      }
      try end(place)
      try note(batch, of: chunk)
      batch = CleanBatch(reusing: batch)
    }
  }

  private func note(_ batch: CleanBatch<Row>, of chunk: Chunk) throws(ConnectorError) {
    let report = reportsByFile.withLock { reports in
      reports[chunk.file.order].rowCount += batch.rowCount
      reports[chunk.file.order].rejects.append(batch.rejects)
      return reports[chunk.file.order]
    }
    let badRows = report.rejects.counts[.malformedRow] ?? 0
    guard let maximumBadRows, badRows > maximumBadRows else { return }
    let first = report.rejects.places[.malformedRow]?.first ?? chunk.offset
    let line = chunk.line(at: first).map { " (the first on line \($0))" } ?? ""
    throw ConnectorError(
      .permanent,
      "\"\(report.path)\" has more than \(maximumBadRows) malformed rows\(line): "
        + "expected as many cells as the header has, and quotes that close",
      hint: "Mend the file, or allow more by --max-bad-rows."
    )
  }

  private static func refusal(of chunk: Chunk, _ fault: EncodingFault) -> ConnectorError {
    let place = Int(fault.rowOffset - chunk.offset) + fault.byteOffset
    let lineStart = chunk.bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let line = chunk.line(at: chunk.offset + Int64(place)).map { "line \($0)" }
    return ConnectorError(
      .permanent,
      "could not read \"\(chunk.file.path)\" "
        + "(\(line ?? "byte \(chunk.offset + Int64(place))"), column \(place - lineStart + 1)): "
        + "expected \(fault.expected), found the byte 0x"
        + String(fault.found, radix: 16, uppercase: true),
      hint: fault.hint
    )
  }
}
