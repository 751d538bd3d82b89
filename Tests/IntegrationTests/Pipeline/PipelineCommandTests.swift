import Foundation
import PostgresConnect
import TestSupport
import Testing

/// `batch-job pipeline` as a user calls it.
@Suite struct PipelineCommandTests {
  private let trial: PipelineTrial

  init() throws { trial = try PipelineTrial() }

  @Test func `two at once: one does the work, the other says who does`() throws {
    try trial.putShop()
    let runs = try (0..<2).map { _ in try trial.start() }
    let outcomes = try runs.map { try $0.wait() }
    for outcome in outcomes where outcome.exitCode != 0 {
      #expect(outcome.exitCode == 1)
      #expect(outcome.errors.contains("at work"), "\(outcome.errors)")
    }
    #expect(outcomes.contains { $0.exitCode == 0 })
    try trial.expectShop()
  }

  @Test func `a schedule ends with code 0 at SIGTERM, and goes on where it ended`() throws {
    try trial.put("orders.csv", "order_id,user_id,order_date,status\no1,u1,2026-11-20,x\n")
    let serving = try trial.start(["--every", "1s", "--quiet", "0s"])
    defer { serving.end() }
    try trial.wait("a first run") { try serving.errorsSoFar().contains("orders.csv wait for") }
    serving.send(SIGTERM)
    #expect(try serving.wait().exitCode == 0)
    try FileManager.default.removeItem(atPath: "\(trial.root)/input/orders.csv")
    try trial.putShop()
    let again = try trial.start(["--every", "1s", "--quiet", "0s"])
    defer { again.end() }
    try trial.wait("the figures") { try trial.days().count == 2 }
    try trial.wait("the archive") { try trial.names(in: "input").isEmpty }
    again.send(SIGINT)
    #expect(try again.wait().exitCode == 0)
    try trial.expectShop()
  }

  @Test func `a daily schedule waits for its time`() throws {
    try trial.putShop()
    let hour =
      (Calendar(identifier: .gregorian).dateComponents(
        in: .gmt,
        from: Date()
      ).hour ?? 0) + 12
    let serving = try trial.start(["--daily", "\(hour % 24 < 10 ? "0" : "")\(hour % 24):30"])
    defer { serving.end() }
    try trial.wait("the next run") {
      try trial.run([], command: "status").output.contains("by process \(serving.processID)")
    }
    serving.send(SIGTERM)
    #expect(try serving.wait().exitCode == 0)
    #expect(try trial.names(in: "input").count == 4)
  }

  @Test func `a stop in the middle of a run rolls it back`() throws {
    try trial.putShop()
    #expect(try trial.run([], command: "status").exitCode == 0)
    let locker = try PostgresConnection(trial.connection.address)
    defer { locker.close() }
    try locker.execute("BEGIN; LOCK TABLE staging_orders IN SHARE ROW EXCLUSIVE MODE")
    let run = try trial.start()
    defer { run.end() }
    try trial.wait("the merge") {
      try trial.connection.query(
        """
        SELECT FROM pg_stat_activity WHERE application_name = 'firstclick pipeline'
          AND wait_event_type = 'Lock' AND datname = current_database()
        """
      ).count == 1
    }
    run.send(SIGTERM)
    // The statement waits for a lock that nobody lets go.
    #expect(try run.wait().exitCode == 0)
    try locker.execute("ROLLBACK")
    #expect(try trial.names(in: "input").count == 3)
    #expect(try trial.days().isEmpty)
    #expect(try trial.run().exitCode == 0)
    try trial.expectShop()
  }

  @Test func `start, run now, status and stop`() throws {
    let started = try trial.run(["--every", "1h", "--quiet", "0s"], command: "start")
    #expect(started.exitCode == 0, "\(started.errors)")
    #expect(started.output.contains("started the pipeline (process"))
    try trial.wait("the next run") {
      try trial.run([], command: "status").output.contains("by process")
    }
    try trial.putShop()
    let now = try trial.run([], command: "start")
    #expect(now.output.contains("to run now"))
    try trial.wait("the archive") { try trial.names(in: "input").isEmpty }
    let second = try trial.run(["--every", "1m"], command: "start")
    #expect(second.exitCode == 1)
    #expect(second.errors.contains("a pipeline runs on this inbox already"))
    #expect(try trial.run([], command: "stop").output.contains("stopped the pipeline"))
    #expect(
      try trial.run([], command: "stop").output
        == "no pipeline runs on this inbox in the background\n"
    )
    let status = try trial.run([], command: "status").output
    #expect(status.contains("lease     free"))
    #expect(status.contains("next run  none due"))
    #expect(status.contains("waiting   no files"))
    #expect(status.contains("PARTIAL, 3 valid files, 1 invalid"))
    let json = try trial.run(["--json"], command: "status").output
    #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [String: Any])
    try trial.expectShop()
  }

  @Test func `unlock frees what a dead run left, and a live one only by force`() throws {
    _ = try trial.run([], command: "status")
    #expect(try trial.run([], command: "unlock").output == "the lease is free\n")
    try trial.putShop()
    _ = try trial.run(environment: ["FIRSTCLICK_CRASH_AT": "pipeline-staged"])
    #expect(try trial.run([], command: "status").output.contains("lease     left by process"))
    #expect(try trial.run([], command: "unlock").output.contains("freed the lease of process"))
    try trial.connection.execute(
      """
      UPDATE pipeline_lease SET holder = 'other.host 17 1 boot/pid:[1]', token = token + 1,
        renewed_at = clock_timestamp(), expires_at = clock_timestamp() + '1 hour'::interval
      """
    )
    let refused = try trial.run([], command: "unlock")
    #expect(refused.exitCode == 1)
    #expect(refused.errors.contains("held by process 17 on other.host"))
    #expect(try trial.run(["--force"], command: "unlock").exitCode == 0)
    #expect(try trial.run().exitCode == 0)
    try trial.expectShop()
  }

  @Test func `a hook and a webhook hear of the run, and keep their secrets`() throws {
    try trial.putShop()
    let listener = try HTTPListener()
    defer { listener.stop() }
    let outcome = try trial.run(
      [
        "--once", "--quiet", "0s", "--notify-shell",
        "--notify-command", "cat > told.json; env > told.env",
      ],
      environment: [
        "FIRSTCLICK_NOTIFY_URL": "http://127.0.0.1:\(listener.port)/?key=hunter2",
        "FIRSTCLICK_NOTIFY_TOKEN": "hunter3",
      ]
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let told = try String(contentsOfFile: "\(trial.directory.path)/told.json", encoding: .utf8)
    #expect(told == listener.requests.first?.body)
    #expect(told.contains("\"status\" : \"PARTIAL\""))
    #expect(listener.requests.first?.headers["authorization"] == "Bearer hunter3")
    let environment = try String(
      contentsOfFile: "\(trial.directory.path)/told.env",
      encoding: .utf8
    )
    #expect(!environment.contains("hunter"))
    #expect(!outcome.errors.contains("hunter"))
  }

  @Test(arguments: [
    (["--once", "--every", "5m"], "expected one of --once, --every and --daily"),
    ([], "expected one of --once, --every D and --daily HH:MM"),
    (["--daily", "25:00"], "a time of day, UTC, such as 02:00"),
    (["--every", "0s"], "a duration of a second or more"),
    (["--once", "--max-bad-rows", "-1"], "--max-bad-rows"),
    (["--once", "--notify-command", "a 'b"], "every quote closed"),
    (["--once", "--notify-url", "ftp://x"], "expected https://HOST/PATH"),
    (["--once", "--lease", "1ms"], "expected a lease of a second or more"),
    (["--once", "--into", "csv:x"], "expected a database, found csv:x"),
  ])
  func `options that make no sense are refused before anything is touched`(
    arguments: [String],
    message: String
  ) throws {
    let outcome = try ProgramRun.run(
      "batch-job",
      ["pipeline", "--root", trial.root] + arguments,
      in: trial.directory
    )
    #expect(outcome.exitCode == 2)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(try trial.directory.contents == ["shop"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: trial.root) == ["input"])
  }

  @Test func `a root that is not there is refused`() throws {
    for arguments in [["--once"], ["--once", "--root", "nowhere"]] {
      let outcome = try ProgramRun.run("batch-job", ["pipeline"] + arguments, in: trial.directory)
      #expect(outcome.exitCode == 2)
    }
  }
}
