import Connect
import Foundation
import PostgresConnect
import TestSupport

/// A small shop in a database of its own, after a job has read its log to the end.
///
///     08:00:00 click c1 u1 | 08:10:00 click c2 u1 | 08:20:00 checkout k1 u1   -> c1 of 2
///     08:30:00 click c3 u2                        | 08:30:30 checkout k2 u2   -> c3 of 1
///     08:40:00 click c4 u4                        | 09:00:00 checkout k3 u3   -> none
struct ShopFixture {
  let address: PostgresAddress
  let connection: PostgresConnection

  init() throws {
    address = try TemporaryCluster.database()
    connection = try PostgresConnection(address)
    try connection.execute(Self.rows)
    try connection.execute(Self.progress(task: 0))
    // The line has no seal: as if it were older than the migration that brought them.
    try connection.execute("UPDATE schema_version SET applied_at = 'infinity' WHERE version = 12")
  }

  /// The text of a file under `sql/`.
  static func sql(_ path: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appendingPathComponent("sql/\(path)"), encoding: .utf8)
  }

  static let rows = """
    SELECT ecommerce.ensure_day_partitions(ARRAY['2026-11-21']::date[]);
    INSERT INTO ecommerce.users VALUES
      ('u1', 'a@example.com', 'Ada', 'L', '2026-01-01 00:00Z', 'premium', 900.00),
      ('u2', 'b@example.com', 'Bob', 'M', '2026-02-01 00:00Z', 'new', 0.00);
    INSERT INTO ecommerce.raw_clicks VALUES
      ('c1', 'u1', 'p1', 'Lamp', 'Home', 19.99, 's1', 'mobile', '/p1', 'google',
        '2026-11-21 08:00:00Z', '2026-11-21 12:00Z'),
      ('c2', 'u1', 'p2', 'Book', 'Books', 9.99, 's1', 'desktop', '/p2', 'email',
        '2026-11-21 08:10:00Z', '2026-11-21 12:00Z'),
      ('c3', 'u2', 'p2', 'Book', 'Books', 9.99, 's2', 'desktop', '/p2', NULL,
        '2026-11-21 08:30:00Z', '2026-11-21 12:00Z'),
      ('c4', 'u4', 'p1', 'Lamp', 'Home', 19.99, 's4', 'mobile', '/p1', 'google',
        '2026-11-21 08:40:00Z', '2026-11-21 12:00Z');
    INSERT INTO ecommerce.raw_checkouts VALUES
      ('k1', 'u1', 's1', 100.00, 'card', '[]', '{}', '2026-11-21 08:20:00Z', '2026-11-21 12:00Z'),
      ('k2', 'u2', 's2', 60.00, 'card', NULL, NULL, '2026-11-21 08:30:30Z', '2026-11-21 12:00Z'),
      ('k3', 'u3', 's3', 40.00, 'card', NULL, NULL, '2026-11-21 09:00:00Z', '2026-11-21 12:00Z');
    INSERT INTO ecommerce.attributions VALUES
      ('k1', 'u1', '2026-11-21 08:20:00Z', 100.00, 'c1', '2026-11-21 08:00:00Z',
        'p1', 'Lamp', 'Home', 'google', 'mobile', 2, 0, 0, '2026-11-21 12:00Z'),
      ('k2', 'u2', '2026-11-21 08:30:30Z', 60.00, 'c3', '2026-11-21 08:30:00Z',
        'p2', 'Book', 'Books', NULL, 'desktop', 1, 0, 0, '2026-11-21 12:00Z'),
      ('k3', 'u3', '2026-11-21 09:00:00Z', 40.00, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, 0, 0, 0, '2026-11-21 12:00Z');
    INSERT INTO ecommerce.dead_letters VALUES
      ('clicks', 0, 400, 'not JSON', 3, '\\x616263', '2026-11-21 12:00Z');
    """

  /// A task that has read 6 click records (4 stored, 1 duplicate, 1 dead letter) and 3 checkouts.
  static func progress(task: Int) -> String {
    """
    INSERT INTO ecommerce.stream_progress VALUES (
      \(task), 'file:log', 2, 17, 'host:1', 3600, 'early', 'restate', true,
      'infinity', '2026-11-21 08:35:00Z',
      'a.jsonl:600', 'a.jsonl:0', '2026-11-21 08:35:00Z', 6, 4, 1, 1, 0, 0, 600,
      'b.jsonl:300', NULL, '2026-11-21 08:55:00Z', 3, 3, 0, 0, 0, 0, 300,
      clock_timestamp()
    )
    """
  }
}
