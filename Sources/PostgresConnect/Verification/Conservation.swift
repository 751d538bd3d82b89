package import Connect

extension VerificationReport {
  /// Where the records of one stream went: by the tasks' counts, and by counting rows.
  package struct Conservation: Hashable, Sendable {
    package var stream: StreamKind
    package var records: Int
    package var stored: Int
    package var duplicates: Int
    package var deadLetters: Int
    /// Of the stored ones, and of these the ones that changed no answer by policy or horizon.
    package var late: Int
    package var lateDropped: Int
    package var storedRows: Int
    package var deadLetterRows: Int
    package var lateRows: Int
    package var lateDroppedRows: Int
    /// Records that the log had lost before they could be read; they are in no other count.
    package var skipped = GapCount()

    package var isBalanced: Bool { areRecordsBalanced && areLateEventsBalanced }

    private var areRecordsBalanced: Bool {
      records == stored + duplicates + deadLetters
        && stored == storedRows && deadLetters == deadLetterRows
    }

    private var areLateEventsBalanced: Bool {
      late == lateRows && lateDropped == lateDroppedRows
    }

    /// For people.
    var line: String {
      let sum =
        "\(stream.rawValue): \(records) read = \(stored) stored + \(duplicates) duplicates "
        + "+ \(deadLetters) dead letters" + (skipped.text.map { "; \($0)" } ?? "")
      var faults: [String] = []
      if !areRecordsBalanced {
        faults.append(
          "raw_\(stream.rawValue) holds \(storedRows) rows, dead_letters \(deadLetterRows)"
        )
      }
      if !areLateEventsBalanced {
        faults.append(
          "late_events holds \(lateRows) of \(late) late, \(lateDroppedRows) of \(lateDropped) dropped"
        )
      }
      return faults.isEmpty ? sum : "\(sum) DOES NOT ADD UP: \(faults.joined(separator: ", "))"
    }
  }
}

extension VerificationReport.Conservation {
  /// Of both streams; without any line in `stream_progress` nothing was counted, and no row belongs.
  static func all(on connection: PostgresConnection) throws(ConnectorError) -> [Self] {
    var streams: [Self] = []
    for stream in StreamKind.allCases {
      let name = stream.rawValue
      let rows = try connection.query(
        """
        SELECT
          lines.*,
          (SELECT count(*) FROM ecommerce.raw_\(name)),
          (SELECT count(*) FROM ecommerce.dead_letters WHERE stream = '\(name)'),
          late_events.*,
          gap_count,
          gap_records
        FROM (
          SELECT
            sum(\(name)_records),
            sum(\(name)_stored),
            sum(\(name)_duplicates),
            sum(\(name)_dead_letters),
            sum(\(name)_late),
            sum(\(name)_late_dropped)
          FROM ecommerce.stream_progress
        ) AS lines
        CROSS JOIN (
          SELECT \(GapCount.selection) FROM ecommerce.log_gaps WHERE stream = '\(name)'
        ) AS gaps
        CROSS JOIN (
          SELECT count(*), count(*) FILTER (WHERE outcome = 'dropped')
          FROM ecommerce.late_events
          WHERE stream = '\(name)'
        ) AS late_events
        """
      )
      if let row = rows.first { streams.append(Self(of: stream, row)) }
    }
    return streams
  }

  private init(of stream: StreamKind, _ row: [String?]) {
    let counts = row.map { $0.flatMap { Int($0) } ?? 0 }
    self.init(
      stream: stream,
      records: counts[0],
      stored: counts[1],
      duplicates: counts[2],
      deadLetters: counts[3],
      late: counts[4],
      lateDropped: counts[5],
      storedRows: counts[6],
      deadLetterRows: counts[7],
      lateRows: counts[8],
      lateDroppedRows: counts[9],
      skipped: GapCount(gaps: counts[10], records: row[11].flatMap { Int($0) })
    )
  }
}
