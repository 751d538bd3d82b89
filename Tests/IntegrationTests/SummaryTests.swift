import PostgresConnect
import TestSupport
import Testing

/// The line that a run into a database ends with.
@Suite struct SummaryTests {
  /// A log of one partition, with a checkout that is late by two hours and one by two days.
  private func makeLog(in directory: TemporaryDirectory) throws {
    func checkout(_ id: String, _ time: String) -> String {
      #"{"event_id":"\#(id)","user_id":"u","total_amount":1,"timestamp":"2026-11-\#(time):00Z"}"#
        + "\n"
    }
    try directory.write(
      #"{"event_id":"c","user_id":"u","product_id":"p","timestamp":"2026-11-21T12:10:00Z"}"# + "\n",
      to: "log/clicks/0.jsonl"
    )
    try directory.write(
      checkout("k1", "21T12:00") + checkout("k2", "21T12:10") + checkout("k3", "21T10:01")
        + checkout("k4", "19T10:01"),
      to: "log/checkouts/0.jsonl"
    )
  }

  @Test(arguments: [("restate", 3), ("drop", 2)])
  func `checkouts that were dropped as late are not counted as answered`(
    policy: String,
    answered: Int
  ) throws {
    let directory = try TemporaryDirectory()
    try makeLog(in: directory)
    let address = try TemporaryCluster.emptyDatabase()
    let outcome = try ProgramRun.run(
      "stream-job",
      [
        "run", "--from", "file:log", "--into", address.connectionString, "--until-end",
        "--late", policy,
      ],
      in: directory
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let summary = try #require(outcome.errorLines.last)
    #expect(summary.contains(" \(answered) checkouts answered, 0 duplicates, 2 late"), "\(summary)")
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    #expect(try connection.query("SELECT count(*) FROM attributions") == [["\(answered)"]])
  }
}
