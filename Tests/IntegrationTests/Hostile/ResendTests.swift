import Foundation
import PostgresConnect
import TestSupport
import Testing

/// Resends that meet the job at the limits of what it remembers.
@Suite struct ResendTests {
  private let directory: TemporaryDirectory
  private let address: PostgresAddress

  init() throws {
    directory = try TemporaryDirectory()
    address = try TemporaryCluster.database()
    try directory.write("", to: "log/clicks/0.jsonl")
    try directory.write("", to: "log/checkouts/0.jsonl")
  }

  /// Appends lines, runs the job to the end of the log, and verifies.
  private func run(
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

  private func append(_ lines: [String], to stream: String) throws {
    let file = directory.url.appendingPathComponent("log/\(stream)/0.jsonl")
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(lines.map { $0 + "\n" }.joined().utf8))
    try handle.close()
  }

  private func click(_ id: String, _ time: String, user: String = "u") -> String {
    """
    {"event_id":"\(id)","user_id":"\(user)","timestamp":"2026-03-31T\(time)Z","product_id":"p"}
    """
  }

  private func checkout(_ id: String, _ time: String, user: String = "u") -> String {
    """
    {"event_id":"\(id)","user_id":"\(user)","timestamp":"2026-03-31T\(time)Z","total_amount":1}
    """
  }

  private func query(_ sql: String) throws -> [[String?]] {
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    return try connection.query(sql)
  }

  @Test func `a dropped late event is recognised after a restart`() throws {
    try run(
      clicks: [click("c1", "12:00:00"), click("c2", "11:30:00")],
      checkouts: [checkout("k1", "12:00:00"), checkout("k2", "11:31:00")],
      "--late",
      "drop"
    )
    try run(
      clicks: [click("c2", "11:30:00")],
      checkouts: [checkout("k2", "11:31:00")],
      "--late",
      "drop"
    )
    #expect(
      try query("SELECT count(*), count(DISTINCT event_id) FROM ecommerce.raw_clicks")
        == [["2", "2"]]
    )
    #expect(
      try query("SELECT count(*), count(DISTINCT event_id) FROM ecommerce.raw_checkouts")
        == [["2", "2"]]
    )
  }

  @Test(arguments: ["early", "final"])
  func `a checkout sent again hours later with another time does not stop the job`(
    emission: String
  ) throws {
    try run(
      clicks: [click("c1", "12:00:00"), click("c2", "15:00:00")],
      checkouts: [
        checkout("k1", "12:00:00"), checkout("k2", "15:00:00"), checkout("k1", "15:00:00"),
      ],
      "--commit-size",
      "1B",
      "--emit",
      emission
    )
    #expect(
      try query("SELECT checkout_id FROM ecommerce.attributed_checkouts ORDER BY 1")
        == [["k1"], ["k2"]]
    )
  }

  /// The engine remembers on-time checkouts as far as its state reaches; the stored answers tell
  /// beyond.
  @Test(arguments: ["early", "final"])
  func `a checkout sent again beyond the horizon with another time is a duplicate`(
    emission: String
  ) throws {
    func run(_ clicks: [String], _ checkouts: [String]) throws {
      try self.run(clicks: clicks, checkouts: checkouts, "--emit", emission)
    }
    try run([click("c1", "12:00:00")], [checkout("k1", "12:00:00")])
    try run([click("c2", "15:00:00")], [checkout("k2", "15:00:00")])
    try run([], [checkout("k1", "15:00:00"), checkout("k3", "15:00:00")])
    // Revises the answers to what is pending: k1's must stay as it is.
    try run([click("c3", "14:59:00"), click("c4", "18:00:00")], [])
    #expect(
      try query(
        """
        SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts ORDER BY 1
        """
      ) == [["k1", "c1"], ["k2", "c3"], ["k3", "c3"]]
    )
    #expect(
      try query(
        """
        SELECT checkouts_duplicates, checkouts_late, checkouts_stored
        FROM ecommerce.stream_progress
        """
      ) == [["1", "0", "3"]]
    )
  }

  /// The answer to the resend comes long after its raw row would have been stored.
  @Test func `a checkout sent again is a duplicate before it would be final`() throws {
    try append(
      [
        click("c1", "12:00:00"), click("c2", "15:00:00"), click("c3", "15:00:01"),
        click("c4", "18:00:00"),
      ],
      to: "clicks"
    )
    let lines = [
      checkout("k1", "12:00:00"), checkout("k2", "14:00:00"), checkout("k2", "15:00:00"),
      checkout("k1", "15:00:00"), checkout("k3", "18:00:00"),
    ]
    for line in lines { try run(checkouts: [line], "--emit", "final", "--commit-size", "1B") }
    #expect(
      try query("SELECT event_id FROM ecommerce.raw_checkouts ORDER BY 1")
        == [["k1"], ["k2"], ["k3"]]
    )
  }

  @Test func `a checkout sent again beyond the horizon within a commit is a duplicate`() throws {
    try append([click("c2", "15:00:00")], to: "clicks")
    try append([checkout("k1", "12:00:00")], to: "checkouts")
    let filler = (0..<20_000).map { checkout("f\($0)", "15:00:00") }
    try run(checkouts: filler + [checkout("k1", "15:00:00")])
    #expect(
      try query(
        """
        SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts
        WHERE checkout_id = 'k1'
        """
      ) == [["k1", nil]]
    )
  }

  @Test func `a late checkout sent again with another late time is a duplicate`() throws {
    try run(
      clicks: [click("c1", "12:00:00"), click("c2", "15:00:00")],
      checkouts: [checkout("k1", "12:00:00"), checkout("k2", "15:00:00")]
    )
    try run(checkouts: [checkout("k1", "14:30:00")])
    #expect(
      try query("SELECT checkouts_duplicates FROM ecommerce.stream_progress") == [["1"]]
    )
  }

  /// Within a run, and after a restart by what is listed in late_events.
  @Test(arguments: [true, false])
  func `a late click sent again with another late time is a duplicate`(isRestarted: Bool) throws {
    try run(
      clicks: [click("c1", "16:00:00")],
      checkouts: [checkout("k1", "12:40:00"), checkout("k2", "16:00:00")]
    )
    if isRestarted {
      try run(clicks: [click("c2", "12:30:00")])
      try run(clicks: [click("c2", "14:30:00")])
    } else {
      try run(clicks: [click("c2", "12:30:00"), click("c2", "14:30:00")])
    }
    #expect(
      try query("SELECT clicks_duplicates FROM ecommerce.stream_progress") == [["1"]]
    )
    #expect(
      try query("SELECT event_id, event_timestamp AT TIME ZONE 'UTC' FROM ecommerce.late_events")
        == [["c2", "2026-03-31 12:30:00"]]
    )
  }

  @Test func `a window that is no whole number of seconds is refused`() throws {
    let outcome = try ProgramRun.run(
      "stream-job",
      ["run", "--from", "file:log", "--until-end", "--window", "1500ms"],
      in: directory,
      environment: ["DATABASE_URL": address.connectionString]
    )
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errorLines == [
        "stream-job: could not use the window 1500ms: expected whole seconds; "
          + "Write --window 90s, 10m or 1h."
      ]
    )
  }

  @Test func `a late event is judged by the watermark it met, not by its batch's`() throws {
    let summer = { (line: String) in line.replacing("2026-03-31", with: "2026-06-30") }
    try run(
      clicks: [click("c1", "12:00:00")],
      checkouts: [checkout("k1", "12:00:00"), summer(checkout("k2", "12:00:00"))]
    )
    try run(clicks: [click("c2", "11:50:00"), summer(click("c3", "12:00:00"))])
    #expect(
      try query(
        """
        SELECT event_id, outcome <> 'dropped', watermark AT TIME ZONE 'UTC'
        FROM ecommerce.late_events
        """
      ) == [["c2", "t", "2026-03-31 11:55:00"]]
    )
    #expect(
      try query(
        """
        SELECT attributed_click_id FROM ecommerce.attributed_checkouts WHERE checkout_id = 'k1'
        """
      ) == [["c2"]]
    )
  }
}
