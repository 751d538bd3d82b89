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

  @Test func `a background job is started once, seen and stopped`() throws {
    try generate(events: 5_000)
    let started = try run("stream-job", ["start"])
    try #require(started.exitCode == 0, "\(started.errors)")
    let second = try run("stream-job", ["start"])
    #expect(second.exitCode == 1)
    #expect(second.errors.contains("a job runs here already: process"))
    try waitUntil { try storedCheckouts() > 0 }
    let doctor = try run("stream-job", ["doctor"])
    #expect(doctor.exitCode == 0, "\(doctor.output)")
    #expect(doctor.output.contains("ok    job: runs as process"))

    let stopped = try run("stream-job", ["stop"])
    #expect(stopped.exitCode == 0)
    #expect(stopped.output.contains("stopped the job"))
    #expect(stopped.output.contains("stopped the private PostgreSQL"))
    let again = try run("stream-job", ["stop"])
    #expect(again.exitCode == 0)
    #expect(again.output == "no job runs here\n")
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

  // MARK: - Helpers

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
