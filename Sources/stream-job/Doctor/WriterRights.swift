import Connect
import PostgresConnect

/// What the job may have to do in the database, and whether its user may: the part of
/// firstclick_writer's rights that the job itself needs.
enum WriterRights {
  /// Tables by privilege, in the order in which they are told.
  private static let tables: [(privilege: String, names: [String])] = [
    (
      "SELECT",
      [
        "schema_version", "raw_clicks", "raw_checkouts", "attributions", "late_events", "resends",
        "stream_progress", "stream_workers", "task_leases", "log_reads",
      ]
    ),
    (
      "INSERT",
      [
        "raw_clicks", "raw_checkouts", "attributions", "late_events", "dead_letters",
        "stream_progress", "stream_workers", "task_leases", "log_reads", "log_gaps", "resends",
      ]
    ),
    ("UPDATE", ["attributions", "stream_progress", "stream_workers", "log_reads"]),
    ("DELETE", ["stream_workers", "task_leases"]),
  ]

  /// What this user lacks, as `UPDATE on attributions, stream_progress`; nil for nothing.
  ///
  /// What the schema has not yet, as an older one, is left out.
  static func missing(on connection: PostgresConnection) throws(ConnectorError) -> String? {
    var lacks: [String] = []
    for (privilege, names) in tables {
      let found = try connection.query(
        """
        SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS t (name, place)
        WHERE NOT has_table_privilege(to_regclass('ecommerce.' || name), $2)
        ORDER BY place
        """,
        ["{\(names.joined(separator: ","))}", privilege]
      )
      let lacking = found.compactMap { $0[0] }
      if !lacking.isEmpty { lacks.append("\(privilege) on \(lacking.joined(separator: ", "))") }
    }
    let others = try connection.query(
      """
      SELECT 'EXECUTE on ensure_day_partitions'
      WHERE NOT has_function_privilege(
        to_regprocedure('ecommerce.ensure_day_partitions(date[])'), 'EXECUTE'
      )
      UNION ALL
      SELECT 'TEMPORARY on the database'
      WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')
      """
    )
    lacks += others.compactMap { $0[0] }
    return lacks.isEmpty ? nil : lacks.joined(separator: ", ")
  }
}
