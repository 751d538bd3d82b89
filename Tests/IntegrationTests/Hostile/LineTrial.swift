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

  func append(_ lines: [String], to stream: String) throws {
    let file = directory.url.appendingPathComponent("log/\(stream)/0.jsonl")
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(lines.map { $0 + "\n" }.joined().utf8))
    try handle.close()
  }

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
