import PostgresConnect
import TestSupport
import Testing

/// Commands that somebody waits for, while another session has locked what they read.
@Suite(.mostlyWaits) struct LockedTablesTests {
  private static let commands = [
    ["stream-job", "status", "--check"], ["stream-job", "verify"],
    ["stream-job", "doctor", "--from", "file:log"],
    ["batch-job", "pipeline", "status", "--root", "inbox"],
  ]

  @Test(arguments: commands)
  func `they say after a while what they wait for`(command: [String]) throws {
    let directory = try TemporaryDirectory()
    try directory.write("", to: "log/clicks/00.jsonl")
    try directory.write("", to: "log/checkouts/00.jsonl")
    try directory.write("", to: "inbox/input/none")
    let address = try TemporaryCluster.database()
    let other = try PostgresConnection(address)
    defer { other.close() }
    try other.execute("BEGIN; LOCK TABLE ecommerce.schema_version")
    let start = ContinuousClock.now
    let outcome = try ProgramRun.run(
      command[0],
      Array(command.dropFirst()),
      in: directory,
      environment: ["DATABASE_URL": address.connectionString]
    )
    #expect(start.duration(to: .now) < .seconds(60))
    #expect(outcome.exitCode == 1)
    let text = outcome.output + outcome.errors
    #expect(
      text.contains(
        "canceling statement due to lock timeout (SQLSTATE 55P03, \(address)); Another session "
          + "holds a lock"
      ),
      "\(text)"
    )
  }
}
