import Connect
import Events
import FileInput
package import OrderKPIs

/// Why a file does not fit its schema: what was expected, what was found, and where.
package struct SchemaFault: Error, Hashable, Sendable {
  package var reason: String
  package var hint: String?
}

/// What reading a file comes to.
package struct FileTally: Sendable {
  /// Rows that passed cleaning.
  package var cleanCount = 0
  /// Rows that did not, and samples of them.
  package var rejects = RejectLog()
  /// Rows rejected for what only the database could tell, and where the first ones stand.
  package var laterRejects: [Rejection: LaterRejects] = [:]

  package struct LaterRejects: Sendable {
    package var count: Int
    package var places: [Int64]
  }

  /// Rows of keys that no row before them in the file has.
  package var stagedCount: Int { cleanCount - (laterRejects[.duplicateID]?.count ?? 0) }

  /// Where the first rejected rows of each reason stand, ascending.
  package var samples: [RejectedPlace] {
    let later = laterRejects.flatMap { reason, rows in
      rows.places.map { RejectedPlace(reason: reason, offset: $0) }
    }
    return (rejects.samples + later).sorted { $0.offset < $1.offset }
  }

  /// Rejected rows by reason.
  package var rejectCounts: [Rejection: Int] {
    rejects.counts.merging(laterRejects.mapValues(\.count), uniquingKeysWith: +)
  }
}

/// Reads a file's rows from the first to the last, cleaning them.
enum FileRows {
  private static let rowsPerBatch = 4096

  /// - Parameters:
  ///   - file: of the row's table.
  ///   - row: what its rows are read as.
  ///   - badRowLimit: rows that are none, such as ragged ones, that the file may have.
  ///   - body: called with clean rows in the order of the file, which point into memory that is
  ///     used again afterwards, and the place of each.
  /// - Returns: how many rows passed and which did not.
  /// - Throws: `SchemaFault` for a file that does not fit; what `body` throws; `.transient` for a
  ///   file that is not what it was when it was found.
  static func read<Row: StagedRow>(
    _ file: InboxFile,
    as row: Row.Type,
    badRowLimit: Int,
    _ body: ([Row], _ offsets: [Int64]) throws -> Void = { _, _ in }
  ) throws -> FileTally {
    do {
      let input = try InputFile.find([file.path])[0]
      var tally = FileTally()
      var firstBadLine: Int64?
      var cleaner = RowCleaner<Row>(try layout(of: input, table: Row.table))
      let reader = ChunkReader([input])
      let buffer = ChunkBuffer()
      while let chunk = try reader.next(into: buffer) {
        try clean(chunk, with: &cleaner, into: &tally, body)
        let badCount = tally.rejects.counts[.malformedRow] ?? 0
        if firstBadLine == nil, badCount > 0 { firstBadLine = badLine(tally, in: chunk) }
        guard badCount <= badRowLimit else {
          throw tooManyBadRows(badRowLimit, first: firstBadLine)
        }
      }
      guard file.isUnchanged else { throw replaced(file) }
      return tally
    } catch let error as ConnectorError where error.kind != .transient && !file.isUnchanged {
      throw replaced(file)
    }
  }

  private static func clean<Row: StagedRow>(
    _ chunk: Chunk,
    with cleaner: inout RowCleaner<Row>,
    into tally: inout FileTally,
    _ body: ([Row], _ offsets: [Int64]) throws -> Void
  ) throws {
    var batch = CleanBatch<Row>()
    var done = 0
    while done < chunk.bytes.count {
      let consumed: Int
      do throws(EncodingFault) {
        consumed = try cleaner.clean(
          UnsafeMutableRawBufferPointer(rebasing: chunk.bytes[done...]),
          at: chunk.offset + Int64(done),
          limit: rowsPerBatch,
          into: &batch
        )
      } catch {
        throw notText(error, in: chunk)
      }
      done += consumed
      try body(batch.rows, batch.offsets)
      tally.cleanCount += batch.rows.count
      batch.removeRows()
    }
    tally.rejects.append(batch.rejects)
  }

  // MARK: - Faults

  private static func layout(
    of input: InputFile,
    table: ShopTable
  ) throws(SchemaFault) -> TableLayout {
    guard let header = input.header else {
      throw SchemaFault(reason: "expected a CSV file with a header", hint: nil)
    }
    do throws(CSVHeaderFault) {
      return try TableLayout(of: table, header: header)
    } catch {
      throw SchemaFault(
        reason: "line 1: \(error)",
        hint: "The first line names the columns of \(table.rawValue); put the missing ones in."
      )
    }
  }

  private static func notText(_ fault: EncodingFault, in chunk: Chunk) -> SchemaFault {
    let line = chunk.line(at: fault.rowOffset).map { "line \($0)" } ?? "byte \(fault.rowOffset)"
    return SchemaFault(
      reason: "\(line), byte \(fault.byteOffset + 1) of the row: expected \(fault.expected)",
      hint: fault.hint
    )
  }

  /// The line of the first row that is none; the chunk is the one it stands in.
  private static func badLine(_ tally: FileTally, in chunk: Chunk) -> Int64? {
    tally.rejects.samples.first { $0.reason == .malformedRow }
      .flatMap { chunk.line(at: $0.offset) }
  }

  private static func tooManyBadRows(_ limit: Int, first line: Int64?) -> SchemaFault {
    SchemaFault(
      reason: "more than \(limit) rows do not have the header's columns, the first on line "
        + (line.map { "\($0)" } ?? "?"),
      hint: "Correct the file, or allow more by --max-bad-rows."
    )
  }

  private static func replaced(_ file: InboxFile) -> ConnectorError {
    ConnectorError(.transient, "\(file.path) changed while it was read")
  }
}
