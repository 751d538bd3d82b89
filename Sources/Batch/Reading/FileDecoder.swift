import Connect
import Events
import FileInput

/// Decodes rows of CSV behind a header.
protocol RowDecoder {
  associatedtype Record: EventRecord

  init(header: CSVHeader, skippingDetails: Bool) throws(CSVHeaderFault)
  mutating func decode(
    rows: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout RecordBatch<Record>
  ) -> Int
}

extension ClickCSVDecoder: RowDecoder {}
extension CheckoutCSVDecoder: RowDecoder {}

/// Decodes the chunks of files in both formats; used by one thread.
struct FileDecoder<Lines: MessageDecoder, Rows: RowDecoder> where Lines.Record == Rows.Record {
  typealias Record = Lines.Record

  /// So few that the records stay in the nearest cache until they are packed.
  private static var batchRecordCount: Int { 256 }

  /// Whether fields that no answer needs may be left absent.
  private let skippingDetails: Bool
  private var lines = Lines()
  /// Of the file that the last rows were of.
  private var rows: (order: Int, decoder: Rows)?
  private var batch = RecordBatch<Record>()

  /// Refuses files whose header lacks a needed column.
  static func check(_ files: [InputFile]) throws(ConnectorError) {
    let decoder = FileDecoder(skippingDetails: true)
    for file in files { _ = try decoder.rowDecoder(of: file) }
  }

  init(skippingDetails: Bool) { self.skippingDetails = skippingDetails }

  /// Hands on the records and rejects of a chunk, in batches.
  mutating func decode(
    _ chunk: Chunk,
    _ body: (RecordBatch<Record>) throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    if chunk.file.format == .csv, rows?.order != chunk.file.order {
      rows = try rowDecoder(of: chunk.file).map { (chunk.file.order, $0) }
    }
    var consumed = 0
    while consumed < chunk.bytes.count {
      batch.removeAll()
      let rest = UnsafeMutableRawBufferPointer(rebasing: chunk.bytes[consumed...])
      let count = decode(rest, of: chunk.file, startOffset: chunk.offset + Int64(consumed))
      precondition(count > 0, "decoder took none of \(rest.count) bytes of \(chunk.file.path)")
      consumed += count
      try body(batch)
    }
  }

  private mutating func decode(
    _ bytes: UnsafeMutableRawBufferPointer,
    of file: InputFile,
    startOffset: Int64
  ) -> Int {
    let limit = Self.batchRecordCount
    switch file.format {
    case .jsonLines:
      return lines.decode(lines: bytes, startOffset: startOffset, limit: limit, into: &batch)
    case .csv:
      return rows?.decoder.decode(
        rows: bytes,
        startOffset: startOffset,
        limit: limit,
        into: &batch
      ) ?? 0
    }
  }

  private func rowDecoder(of file: InputFile) throws(ConnectorError) -> Rows? {
    guard let header = file.header else { return nil }
    do throws(CSVHeaderFault) {
      return try Rows(header: header, skippingDetails: skippingDetails)
    } catch {
      throw file.refusal(error)
    }
  }
}
