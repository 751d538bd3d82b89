/// The SQL that the programs run, compiled into them from the files of this folder.
package enum SQLFiles {
  /// One numbered migration; applied once, in the order of `version`, and never edited afterwards.
  package struct Migration: Sendable {
    package let version: Int
    package let name: String
    package let sql: String
  }

  /// In order, numbered from 1 without gaps.
  package static let migrations = [
    migration(1, "tables", PackageResources._001_tables_sql),
    migration(2, "partitions", PackageResources._002_partitions_sql),
    migration(3, "constraints", PackageResources._003_constraints_sql),
    migration(4, "analytics", PackageResources._004_analytics_sql),
    migration(5, "comments", PackageResources._005_comments_sql),
    migration(6, "pipeline", PackageResources._006_pipeline_sql),
    migration(7, "rejected_rows", PackageResources._007_rejected_rows_sql),
    migration(8, "leases", PackageResources._008_leases_sql),
    migration(9, "log_reads", PackageResources._009_log_reads_sql),
    migration(10, "resends", PackageResources._010_resends_sql),
    migration(11, "stopped_tasks", PackageResources._011_stopped_tasks_sql),
    migration(12, "seal", PackageResources._012_seal_sql),
    migration(13, "files_by_table", PackageResources._013_files_by_table_sql),
    migration(14, "newest_files", PackageResources._014_newest_files_sql),
    migration(15, "long_texts", PackageResources._015_long_texts_sql),
    migration(16, "file_lines", PackageResources._016_file_lines_sql),
  ]

  /// Makes the table of applied migrations; may be run again.
  package static let schemaVersion = text(PackageResources.schema_version_sql)
  /// Makes the roles and their grants; may be run again.
  package static let roles = text(PackageResources.roles_sql)
  /// The plain SQL of the rule: makes the temporary table `expected`.
  package static let rule = text(PackageResources.rule_sql)
  /// The same table where candidates are too many to be listed.
  package static let ruleByNumber = text(PackageResources.rule_by_number_sql)
  /// Makes the temporary table `differences` and returns its figures.
  package static let compare = text(PackageResources.compare_sql)

  private static func migration(_ version: Int, _ name: String, _ bytes: [UInt8]) -> Migration {
    Migration(version: version, name: name, sql: text(bytes))
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
