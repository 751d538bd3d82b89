import PostgresConnect
import TestSupport
import Testing

/// What the doctor says of a user's rights.
@Suite struct WriterRightsTests {
  private func doctor(
    after sql: (_ user: String, _ database: String) -> String
  ) throws -> ProgramRun.Outcome {
    let directory = try TemporaryDirectory()
    try directory.write("", to: "log/clicks/00.jsonl")
    try directory.write("", to: "log/checkouts/00.jsonl")
    let address = try TemporaryCluster.database()
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    let database = try connection.query("SELECT current_database()")[0][0] ?? ""
    let user = "user_\(UInt32.random(in: 0...UInt32.max))"
    try connection.execute("CREATE ROLE \(user) LOGIN; \(sql(user, database))")
    let url = address.connectionString.replacing("user=postgres", with: "user=\(user)")
    return try ProgramRun.run(
      "stream-job",
      ["doctor", "--from", "file:log", "--into", url],
      in: directory
    )
  }

  @Test func `a writer lacks nothing`() throws {
    let outcome = try doctor { user, _ in "GRANT firstclick_writer TO \(user)" }
    #expect(outcome.output.contains("ok    permissions: this user may write what the job writes"))
  }

  @Test func `who may read and insert only lacks the rest, each by name`() throws {
    let outcome = try doctor { user, database in
      """
      GRANT USAGE ON SCHEMA ecommerce TO \(user);
      GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ecommerce TO \(user);
      REVOKE INSERT ON ecommerce.dead_letters FROM \(user);
      REVOKE TEMPORARY ON DATABASE \(database) FROM public
      """
    }
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.output.contains(
        "fail  permissions: this user lacks INSERT on dead_letters, UPDATE on attributions, "
          + "stream_progress, stream_workers, log_reads, DELETE on stream_workers, task_leases, "
          + "EXECUTE on ensure_day_partitions, TEMPORARY on the database; GRANT firstclick_writer to "
          + "this user."
      ),
      "\(outcome.output)"
    )
  }
}
