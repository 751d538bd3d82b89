import Foundation
import PostgresConnect
import TestSupport
import Testing

/// A log of one partition that is written line by line, and the database that it goes to.
struct LineTrial {
  let directory: TemporaryDirectory
  let address: PostgresAddress

  init() throws {
    directory = try TemporaryDirectory()
    address = try TemporaryCluster.database()
    try directory.write("", to: "log/clicks/0.jsonl")
    try directory.write("", to: "log/checkouts/0.jsonl")
  }

  /// Appends lines, runs the job to the end of the log, and verifies.
  func run(
    clicks: [String] = [],
    checkouts: [String] = [],
    _ arguments: String...
  ) throws {
    try run(clicks: clicks, checkouts: checkouts, arguments)
  }

  /// As above.
  func run(clicks: [String], checkouts: [String], _ arguments: [String]) throws {
    try append(clicks, to: "clicks")
    try append(checkouts, to: "checkouts")
    for command in [["run", "--from", "file:log", "--until-end"] + arguments, ["verify"]] {
      let outcome = try ProgramRun.run(
        "stream-job",
        command,
        in: directory,
        environment: ["DATABASE_URL": address.connectionString]
      )
      try #require(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
    }
  }

  /// Appends lines, follows the log until they are committed, and verifies: nothing is flushed.
  func follow(
    clicks: [String] = [],
    checkouts: [String] = [],
    _ arguments: String...
  ) throws {
    try follow(clicks: clicks, checkouts: checkouts, arguments)
  }

  /// As above.
  func follow(clicks: [String], checkouts: [String], _ arguments: [String]) throws {
    try append(clicks, to: "clicks")
    try append(checkouts, to: "checkouts")
    let environment = ["DATABASE_URL": address.connectionString]
    let job = try ProgramRun.start(
      "stream-job",
      ["run", "--from", "file:log"] + arguments,
      in: directory,
      environment: environment
    )
    defer { job.end() }
    let wanted = "\(try lineCount("clicks") + lineCount("checkouts"))"
    let deadline = ContinuousClock.now + .seconds(120)
    while try query(Self.committedRecords) != [[wanted]] {
      guard ContinuousClock.now < deadline else {
        throw ProgramRun.Overdue(errors: try job.errorsSoFar())
      }
      usleep(10_000)
    }
    job.send(SIGTERM)
    let outcome = try job.wait()
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
    let verify = try ProgramRun.run(
      "stream-job",
      ["verify"],
      in: directory,
      environment: environment
    )
    try #require(verify.exitCode == 0, "\(verify.output)\(verify.errors)")
  }

  private static let committedRecords = """
    SELECT sum(clicks_records + checkouts_records) FROM ecommerce.stream_progress
    """

  private func lineCount(_ stream: String) throws -> Int {
    let file = directory.url.appendingPathComponent("log/\(stream)/0.jsonl")
    return try String(contentsOf: file, encoding: .utf8).utf8.count { $0 == UInt8(ascii: "\n") }
  }

  func append(_ lines: [String], to stream: String) throws {
    let file = directory.url.appendingPathComponent("log/\(stream)/0.jsonl")
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(lines.map { $0 + "\n" }.joined().utf8))
    try handle.close()
  }

  /// Behind a line: the job reads no further at a time.
  static let endOfRead = String(repeating: " ", count: 300 << 10)

  /// At a time of day of 2026-03-31.
  func click(_ id: String, _ time: String, user: String = "u") -> String {
    click(id, at: "2026-03-31T\(time)Z", user: user)
  }

  func click(_ id: String, at time: String, user: String = "u") -> String {
    """
    {"event_id":"\(id)","user_id":"\(user)","timestamp":"\(time)","product_id":"p"}
    """
  }

  /// At a time of day of 2026-03-31.
  func checkout(_ id: String, _ time: String, user: String = "u") -> String {
    checkout(id, at: "2026-03-31T\(time)Z", user: user)
  }

  func checkout(_ id: String, at time: String, user: String = "u") -> String {
    """
    {"event_id":"\(id)","user_id":"\(user)","timestamp":"\(time)","total_amount":1}
    """
  }

  func query(_ sql: String) throws -> [[String?]] {
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    return try connection.query(sql)
  }
}
