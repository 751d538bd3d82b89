package import Connect

/// What all workers have read of one part of the log, from `ecommerce.log_reads`.
package struct PartStatus: Hashable, Sendable {
  /// The counts of all workers together; how far behind the one is that is furthest behind.
  package var reads: PartReads
  /// Since that one last said so, by the server's clock; nil if none has.
  package var secondsSinceRead: Double?
}

extension StatusQuery {
  /// One entry for each part that was ever read, in the order of streams and parts; none for logs
  /// whose parts are not counted.
  package func parts() throws(ConnectorError) -> [PartStatus] {
    let rows = try connection.query(
      """
      SELECT
        stream, part, calls, throttled_calls, records, bytes, behind_ms,
        extract(epoch FROM clock_timestamp() - read_at)
      FROM ecommerce.log_reads
      ORDER BY stream DESC, part
      """
    )
    return rows.compactMap { row in
      guard let stream = row[0].flatMap({ StreamKind(rawValue: $0) }), let part = row[1] else {
        return nil
      }
      var reads = PartReads(of: part, in: stream)
      reads.calls = row[2].flatMap { Int64($0) } ?? 0
      reads.throttledCalls = row[3].flatMap { Int64($0) } ?? 0
      reads.records = row[4].flatMap { Int64($0) } ?? 0
      reads.bytes = row[5].flatMap { Int64($0) } ?? 0
      reads.behindMilliseconds = row[6].flatMap { Int64($0) }
      return PartStatus(reads: reads, secondsSinceRead: row[7].flatMap { Double($0) })
    }
  }
}
