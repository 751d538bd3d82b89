import Foundation
import PostgresConnect
import TestSupport
import Testing

/// A writer that loses a permission while it runs.
@Suite struct LostPermissionTests {
  @Test(arguments: [
    ("INSERT", "raw_clicks"), ("INSERT", "attributions"), ("INSERT", "late_events"),
    ("INSERT", "dead_letters"), ("UPDATE", "stream_progress"),
  ])
  func `the job ends and says what to do, and goes on after the GRANT`(
    privilege: String,
    table: String
  ) throws {
    let owner = try TemporaryCluster.database()
    let writer = "writer_\(UInt32.random(in: 0...UInt32.max))"
    let connection = try PostgresConnection(owner)
    defer { connection.close() }
    try connection.execute("CREATE ROLE \(writer) LOGIN IN ROLE firstclick_writer")
    defer { _ = try? connection.execute("DROP ROLE \(writer)") }
    let trial = try JobTrial(
      address: PostgresAddress(
        owner.connectionString.replacing("user=postgres", with: "user=\(writer)")
      )
    )
    try trial.generate(events: 20_000, partitions: 2, seed: 61, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.5)

    let job = try trial.startJob()
    try trial.wait(for: job) { try trial.committedRecords() == feed.lineCount }
    try connection.execute("REVOKE \(privilege) ON ecommerce.\(table) FROM firstclick_writer")
    try feed.deliver(upTo: 1)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("permission denied for table \(table)"), "\(outcome.errors)")
    #expect(
      outcome.errorLines.last?.hasSuffix(
        "Grant the role firstclick_writer to this user, or connect as the owner."
      ) ?? false
    )
    try trial.expectLaw()
    let again = try trial.runJob()
    #expect(again.exitCode == 1, "\(again.errors)")

    try connection.execute("GRANT \(privilege) ON ecommerce.\(table) TO firstclick_writer")
    try trial.expectRightEnd()
  }
}
