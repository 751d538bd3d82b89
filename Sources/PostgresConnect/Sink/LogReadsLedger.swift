import Connect
import Foundation

/// The totals of `ecommerce.log_reads`, over a connection of its own that is made when it is needed.
///
/// Counts are added. Of several readers of a shard the one that is furthest behind says how far that
/// is, until it says less, or nothing for a while.
final class LogReadsLedger: ReadsLedger {
  private let address: PostgresAddress
  private let worker: WorkerIdentity
  private var connection: PostgresConnection?

  init(_ address: PostgresAddress, of worker: WorkerIdentity) {
    self.address = address
    self.worker = worker
  }

  deinit { connection?.close() }

  func add(_ reads: [PartReads]) throws(ConnectorError) {
    do throws(ConnectorError) {
      if connection == nil { connection = try connect() }
      try connection?.execute(Self.addition, [Self.json(reads), worker.text])
    } catch {
      connection?.close()
      connection = nil
      throw error
    }
  }

  private func connect() throws(ConnectorError) -> PostgresConnection {
    let connection = try PostgresConnection(address, applicationName: "firstclick reads")
    try connection.execute("SET lock_timeout = '5s'; SET statement_timeout = '10s'")
    return connection
  }

  private static func json(_ reads: [PartReads]) -> String {
    // Texts and numbers: there is always JSON for them.
    let data = (try? JSONEncoder().encode(reads)) ?? Data("[]".utf8)
    return String(decoding: data, as: UTF8.self)
  }

  /// Takes the counts as JSON, and the worker; shards in one order for all workers: no deadlocks.
  private static let addition: String = {
    let isTakenOver = """
      excluded.behind_ms IS NOT NULL AND (
        r.behind_ms IS NULL OR r.reader = excluded.reader OR excluded.behind_ms >= r.behind_ms
        OR r.read_at < excluded.read_at - interval '10 s'
      )
      """
    let taken = ["behind_ms", "reader", "read_at"].map {
      "\($0) = CASE WHEN \(isTakenOver) THEN excluded.\($0) ELSE r.\($0) END"
    }
    let added = ["calls", "throttled_calls", "records", "bytes"].map {
      "\($0) = r.\($0) + excluded.\($0)"
    }
    return """
      INSERT INTO ecommerce.log_reads AS r (
        stream, part, calls, throttled_calls, records, bytes, behind_ms, reader, read_at
      )
      SELECT
        stream, part, calls, "throttledCalls", records, bytes, "behindMilliseconds",
        CASE WHEN "behindMilliseconds" IS NOT NULL THEN $2 END,
        CASE WHEN "behindMilliseconds" IS NOT NULL THEN clock_timestamp() END
      FROM jsonb_to_recordset($1::jsonb) AS n (
        stream text, part text, calls bigint, "throttledCalls" bigint, records bigint,
        bytes bigint, "behindMilliseconds" bigint
      )
      ORDER BY stream, part
      ON CONFLICT (stream, part) DO UPDATE SET \((added + taken).joined(separator: ", "))
      """
  }()
}
