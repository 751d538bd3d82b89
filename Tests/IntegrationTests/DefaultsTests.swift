import Connect
import Foundation
import PostgresConnect
import Testing

/// The programs together, by their defaults, in a directory where nothing is.
@Suite(.serialized) struct DefaultsTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func run(
    _ program: String,
    _ arguments: [String] = []
  ) throws -> ProgramRun.Outcome {
    try ProgramRun.run(program, arguments, in: directory)
  }

  private func connect() throws -> PostgresConnection {
    let address = try run("stream-job", ["address"]).output
    return try PostgresConnection(PostgresAddress(address.split(separator: "\n").joined()))
  }

  private func generate(events: Int) throws {
    let outcome = try run(
      "generator",
      [
        "--events", "\(events)", "--max-speed", "--late", "0.01", "--duplicates", "0.01",
        "--orphans", "0.02", "--malformed", "0.005", "--disorder", "4m",
      ]
    )
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
  }

  @Test func `without arguments they work together until interrupted`() throws {
    let generator = try run("generator")
    try #require(generator.exitCode == 0, "\(generator.errors)")
    let job = try ProgramRun.start("stream-job", in: directory)
    try waitUntil { try storedCheckouts() >= 16_000 }
    job.send(SIGINT)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("events in"))
    let verify = try run("stream-job", ["verify"])
    #expect(verify.exitCode == 0, "\(verify.output)\(verify.errors)")
  }

  @Test func `a bounded run ends by itself, is verified, and a tampered row is found`() throws {
    try generate(events: 20_000)
    let job = try run("stream-job", ["run", "--until-end"])
    try #require(job.exitCode == 0, "\(job.errors)")
    let verified = try run("stream-job", ["verify"])
    #expect(verified.exitCode == 0, "\(verified.output)\(verified.errors)")
    let again = try run("stream-job", ["run", "--until-end"])
    #expect(again.exitCode == 0)
    #expect(again.errors.contains("stream-job: 0 events in"))

    let connection = try connect()
    try connection.execute(
      """
      UPDATE ecommerce.attributions SET clicks_in_window = clicks_in_window + 7
      WHERE checkout_id = (SELECT min(checkout_id) FROM ecommerce.attributions)
      """
    )
    connection.close()
    let tampered = try run("stream-job", ["verify"])
    #expect(tampered.exitCode == 3)
    #expect(tampered.output.contains("clicks_in_window is"))
    let report = try Self.object(run("stream-job", ["verify", "--json"]).output)
    #expect(report["holds"] as? Bool == false)
    #expect(report["different"] as? Int == 1)
  }

  @Test func `a log of more partitions than a stock server has connections is attributed`() throws {
    let generator = try run(
      "generator",
      ["--to", "file:log", "--partitions", "120", "--events", "2000", "--max-speed"]
    )
    try #require(generator.exitCode == 0, "\(generator.errors)")
    let job = try run("stream-job", ["run", "--from", "file:log", "--until-end", "--workers", "1"])
    #expect(job.exitCode == 0, "\(job.errors)")
    #expect(job.errors.contains("2,000 events in"), "\(job.errors)")
    let doctor = try run("stream-job", ["doctor", "--from", "file:log"])
    #expect(doctor.output.contains("ok    connections: enough for the job's tasks: 120"))
  }

  @Test func `a background job is started once, seen and stopped`() throws {
    try generate(events: 5_000)
    let started = try run("stream-job", ["start"])
    try #require(started.exitCode == 0, "\(started.errors)")
    let second = try run("stream-job", ["start"])
    #expect(second.exitCode == 1)
    #expect(second.errors.contains("a job runs here already: process"))
    try waitUntil { try storedCheckouts() > 0 }
    let status = try Self.object(run("stream-job", ["status", "--json"]).output)
    let tasks = try #require(status["tasks"] as? [[String: Any]])
    #expect(tasks.map { $0["task"] as? Int } == [0, 1, 2, 3])
    #expect((tasks.first?["owner"] as? String)?.hasSuffix(":\(try jobProcessID())") ?? false)
    #expect((tasks.first?["clicks"] as? [String: Any])?["position"] is String)
    let check = try run("stream-job", ["status", "--check"])
    #expect(check.exitCode == 0 && check.output.contains("task 3: "), "\(check.errors)")
    let doctor = try run("stream-job", ["doctor"])
    #expect(doctor.exitCode == 0, "\(doctor.output)")
    #expect(doctor.output.contains("ok    job: runs as process"))

    let stopped = try run("stream-job", ["stop"])
    #expect(stopped.exitCode == 0)
    #expect(stopped.output.contains("stopped the job"))
    #expect(stopped.output.contains("stopped the private PostgreSQL"))
    let again = try run("stream-job", ["stop"])
    #expect(again.exitCode == 0)
    #expect(again.output == "nothing runs here\n")
  }

  @Test func `a second interrupt ends a job at once that cannot drain`() throws {
    try generate(events: 1_000)
    let job = try ProgramRun.start("stream-job", in: directory)
    try waitUntil { try storedCheckouts() > 0 }
    try PrivateCluster(directory: "\(directory.path)/.firstclick/postgres").stop()
    try generate(events: 1_000)
    try waitUntil { try job.errorsSoFar().contains("warning") }
    job.send(SIGINT)
    usleep(300_000)
    job.send(SIGINT)
    #expect(try job.wait().exitCode == 130)
  }

  @Test func `status shows positions, lag and counts`() throws {
    try generate(events: 20_000)
    let job = try run("stream-job", ["run", "--until-end"])
    try #require(job.exitCode == 0, "\(job.errors)")
    try generate(events: 20_000)
    let text = try run("stream-job", ["status"])
    #expect(text.exitCode == 0, "\(text.errors)")
    let check = try run("stream-job", ["status", "--check"])
    #expect(check.exitCode == 1 && check.output.hasPrefix("postgres://"))
    #expect(
      check.errors.hasPrefix("stream-job: no worker has 4 of 4 tasks, such as task 0; Start a job")
    )
    #expect(text.output.contains("task 3: watermark "))
    #expect(text.output.contains(" behind, watermark "))
    let report = try Self.object(run("stream-job", ["status", "--json"]).output)
    let total = try #require(report["total"] as? [String: Any])
    let clicks = try #require(total["clicks"] as? [String: Int])
    let counted = ["stored", "duplicates", "dead_letters"].compactMap { clicks[$0] }
    #expect(clicks["records"] == counted.reduce(0, +))
    #expect(counted.allSatisfy { $0 > 0 })
    let lag = try #require(total["lag_bytes"] as? Int)
    #expect(lag > 4_000_000 && lag < 12_000_000)
    let records = try #require(total["lag_records"] as? Int)
    #expect(records > 15_000 && records < 27_000)
  }

  @Test func `status measures the lag at the log that is named`() throws {
    try generate(events: 2_000)
    let job = try run("stream-job", ["run", "--until-end"])
    try #require(job.exitCode == 0, "\(job.errors)")
    try FileManager.default.moveItem(
      atPath: "\(directory.path)/.firstclick/log",
      toPath: "\(directory.path)/moved"
    )
    let lost = try run("stream-job", ["status"])
    #expect(lost.output.contains("lag unknown: could not open the log directory"), "\(lost.output)")
    let moved = try run("stream-job", ["status", "--from", "file:moved"])
    #expect(moved.exitCode == 0, "\(moved.errors)")
    #expect(moved.output.contains("at its end") && !moved.output.contains("unknown"))
    let missing = try run("stream-job", ["status", "--from", "file:nope"])
    #expect(missing.exitCode == 1)
    #expect(missing.errors.contains("could not open the log directory \"nope\""))
    #expect(missing.output.isEmpty)
  }

  @Test func `the doctor finds what a run would be refused for`() throws {
    try generate(events: 2_000)
    let job = try run("stream-job", ["run", "--until-end"])
    try #require(job.exitCode == 0, "\(job.errors)")
    let healthy = try run("stream-job", ["doctor"])
    #expect(healthy.exitCode == 0, "\(healthy.output)")
    #expect(healthy.output.contains("ok    progress: the log goes on where 4 tasks"))

    let clicks = "\(directory.path)/.firstclick/log/clicks"
    let names = try FileManager.default.contentsOfDirectory(atPath: clicks)
    let file = "\(clicks)/\(try #require(names.first))"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    #expect(truncate(file, 100) == 0)
    let truncated = try run("stream-job", ["doctor"])
    #expect(truncated.exitCode == 1)
    #expect(truncated.output.contains("it was truncated or replaced"), "\(truncated.output)")
    try bytes.write(to: URL(fileURLWithPath: file))

    try FileManager.default.copyItem(
      atPath: "\(directory.path)/.firstclick/log",
      toPath: "\(directory.path)/other"
    )
    let other = try run("stream-job", ["doctor", "--from", "file:other"])
    #expect(other.exitCode == 1)
    #expect(other.output.contains("fail  progress: the database holds task 0 of the log file:"))
    #expect(other.output.contains("A log that was moved, with its directory too, has to be moved"))
  }

  // MARK: - Helpers

  private func jobProcessID() throws -> Int {
    let file = directory.url.appendingPathComponent(".firstclick/stream-job.pid")
    let text = try String(contentsOf: file, encoding: .utf8)
    return try #require(text.split(separator: " ").first.flatMap { Int($0) })
  }

  private func storedCheckouts() throws -> Int {
    let cluster = PrivateCluster(directory: "\(directory.path)/.firstclick/postgres")
    guard let address = try cluster.runningAddress() else { return 0 }
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    guard try Migrations(on: connection).currentVersion() == Migrations.newestVersion else {
      return 0
    }
    let rows = try connection.query(
      "SELECT coalesce(sum(checkouts_stored), 0) FROM ecommerce.stream_progress"
    )
    return rows.first?.first.flatMap(\.self).flatMap { Int($0) } ?? 0
  }

  /// Tries again for a minute.
  private func waitUntil(_ condition: () throws -> Bool) throws {
    for _ in 0..<600 {
      if try condition() { return }
      usleep(100_000)
    }
    Issue.record("waited for a minute in vain")
  }

  private static func object(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }
}
