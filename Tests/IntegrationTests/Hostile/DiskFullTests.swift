import Foundation
import PostgresConnect
import TestSupport
import Testing

/// A server whose disk fills up under the job: triggers raise its error where a write would.
@Suite struct DiskFullTests {
  /// When the disk is full, as the middle of a CREATE TRIGGER statement.
  private static let moments = [
    "TRIGGER disk_full BEFORE INSERT ON ecommerce.raw_clicks",
    "TRIGGER disk_full BEFORE INSERT ON ecommerce.raw_checkouts",
    "TRIGGER disk_full BEFORE INSERT ON ecommerce.attributions",
    "TRIGGER disk_full BEFORE UPDATE ON ecommerce.stream_progress",
    // At COMMIT.
    """
    CONSTRAINT TRIGGER disk_full AFTER UPDATE ON ecommerce.stream_progress
    DEFERRABLE INITIALLY DEFERRED
    """,
  ]

  @Test(arguments: moments)
  func `the job ends and says what to do, and goes on with room again`(moment: String) throws {
    let trial = try JobTrial(address: TemporaryCluster.database())
    try trial.generate(events: 20_000, partitions: 2, seed: 71, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.5)
    let job = try trial.startJob()
    try trial.wait(for: job) { try trial.committedRecords() == feed.lineCount }

    let connection = try PostgresConnection(trial.address)
    defer { connection.close() }
    try connection.execute(
      """
      CREATE FUNCTION ecommerce.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'could not extend file "base/5/16384": No space left on device'
          USING ERRCODE = 'disk_full';
      END
      $$;
      CREATE \(moment) FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse()
      """
    )
    try feed.deliver(upTo: 1)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("No space left on device (SQLSTATE 53100"), "\(outcome.errors)")
    #expect(
      outcome.errorLines.last?.hasSuffix(
        "Free disk space at the server and start again; nothing was committed halfway."
      ) ?? false
    )
    try trial.expectLaw()
    let again = try trial.runJob()
    #expect(again.exitCode == 1, "\(again.errors)")

    try connection.execute("DROP FUNCTION ecommerce.refuse() CASCADE")
    try trial.expectRightEnd()
  }
}
