import Foundation
import PostgresConnect
import TestSupport
import Testing

/// Resends that meet the job at the limits of what it remembers.
@Suite struct ResendTests {
  private let trial: LineTrial

  init() throws { trial = try LineTrial() }

  @Test func `a dropped late event is recognised after a restart`() throws {
    try trial.run(
      clicks: [trial.click("c1", "12:00:00"), trial.click("c2", "11:30:00")],
      checkouts: [trial.checkout("k1", "12:00:00"), trial.checkout("k2", "11:31:00")],
      "--late",
      "drop"
    )
    try trial.run(
      clicks: [trial.click("c2", "11:30:00")],
      checkouts: [trial.checkout("k2", "11:31:00")],
      "--late",
      "drop"
    )
    #expect(
      try trial.query("SELECT count(*), count(DISTINCT event_id) FROM ecommerce.raw_clicks")
        == [["2", "2"]]
    )
    #expect(
      try trial.query("SELECT count(*), count(DISTINCT event_id) FROM ecommerce.raw_checkouts")
        == [["2", "2"]]
    )
  }

  @Test(arguments: ["early", "final"])
  func `a checkout sent again hours later with another time does not stop the job`(
    emission: String
  ) throws {
    try trial.run(
      clicks: [trial.click("c1", "12:00:00"), trial.click("c2", "15:00:00")],
      checkouts: [
        trial.checkout("k1", "12:00:00"), trial.checkout("k2", "15:00:00"),
        trial.checkout("k1", "15:00:00"),
      ],
      "--commit-size",
      "1B",
      "--emit",
      emission
    )
    #expect(
      try trial.query("SELECT checkout_id FROM ecommerce.attributed_checkouts ORDER BY 1")
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
      try trial.run(clicks: clicks, checkouts: checkouts, "--emit", emission)
    }
    try run([trial.click("c1", "12:00:00")], [trial.checkout("k1", "12:00:00")])
    try run([trial.click("c2", "15:00:00")], [trial.checkout("k2", "15:00:00")])
    try run([], [trial.checkout("k1", "15:00:00"), trial.checkout("k3", "15:00:00")])
    // Revises the answers to what is pending: k1's must stay as it is.
    try run([trial.click("c3", "14:59:00"), trial.click("c4", "18:00:00")], [])
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts ORDER BY 1
        """
      ) == [["k1", "c1"], ["k2", "c3"], ["k3", "c3"]]
    )
    #expect(
      try trial.query(
        """
        SELECT checkouts_duplicates, checkouts_late, checkouts_stored
        FROM ecommerce.stream_progress
        """
      ) == [["1", "0", "3"]]
    )
  }

  /// The answer to the resend comes long after its raw row would have been stored.
  @Test func `a checkout sent again is a duplicate before it would be final`() throws {
    try trial.append(
      [
        trial.click("c1", "12:00:00"), trial.click("c2", "15:00:00"), trial.click("c3", "15:00:01"),
        trial.click("c4", "18:00:00"),
      ],
      to: "clicks"
    )
    let lines = [
      trial.checkout("k1", "12:00:00"), trial.checkout("k2", "14:00:00"),
      trial.checkout("k2", "15:00:00"),
      trial.checkout("k1", "15:00:00"), trial.checkout("k3", "18:00:00"),
    ]
    for line in lines { try trial.run(checkouts: [line], "--emit", "final", "--commit-size", "1B") }
    #expect(
      try trial.query("SELECT event_id FROM ecommerce.raw_checkouts ORDER BY 1")
        == [["k1"], ["k2"], ["k3"]]
    )
  }

  @Test func `a checkout sent again beyond the horizon within a commit is a duplicate`() throws {
    try trial.append([trial.click("c2", "15:00:00")], to: "clicks")
    try trial.append([trial.checkout("k1", "12:00:00")], to: "checkouts")
    let filler = (0..<20_000).map { trial.checkout("f\($0)", "15:00:00") }
    try trial.run(checkouts: filler + [trial.checkout("k1", "15:00:00")])
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts
        WHERE checkout_id = 'k1'
        """
      ) == [["k1", nil]]
    )
  }

  /// The first in log order wins, though the stored rows do not know it when the second comes.
  @Test(arguments: ["early", "final"], [true, false])
  func `a late checkout sent again on time within a commit is the first one`(
    emission: String,
    isRestarted: Bool
  ) throws {
    try trial.follow(
      clicks: [trial.click("c0", "11:30:00"), trial.click("c1", "15:00:00")],
      checkouts: [trial.checkout("k1", "15:00:00")],
      "--emit",
      emission
    )
    let pair = [trial.checkout("k2", "12:00:00"), trial.checkout("k2", "15:00:00")]
    if isRestarted {
      try trial.follow(checkouts: pair, "--emit", emission)
      try trial.run(clicks: [trial.click("c2", "14:59:00")], "--emit", emission)
    } else {
      try trial.run(clicks: [trial.click("c2", "14:59:00")], checkouts: pair, "--emit", emission)
    }
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts ORDER BY 1
        """
      ) == [["k1", "c2"], ["k2", "c0"]]
    )
    #expect(
      try trial.query(
        "SELECT checkouts_stored, checkouts_duplicates, checkouts_late FROM ecommerce.stream_progress"
      ) == [["2", "1", "1"]]
    )
  }

  /// What is dropped counts for nothing, in the commit of its namesake as in one before.
  @Test(arguments: ["early", "final"], [["--late-horizon", "24h"], ["--late", "drop"]])
  func `a dropped checkout sent again on time is stored again, and counts`(
    emission: String,
    policy: [String]
  ) throws {
    let arguments = ["--emit", emission] + policy
    let pairs = ["k1", "k2"].map { id in
      [
        trial.checkout(id, at: "2026-03-29T15:00:00Z"), trial.checkout(id, "15:00:00"),
      ]
    }
    try trial.run(
      clicks: [trial.click("c", "15:00:00")],
      checkouts: [trial.checkout("k", "15:00:00")],
      arguments
    )
    try trial.run(clicks: [], checkouts: pairs[0], arguments)
    for line in pairs[1] { try trial.run(clicks: [], checkouts: [line], arguments) }
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id, checkout_timestamp AT TIME ZONE 'UTC'
        FROM ecommerce.attributed_checkouts ORDER BY 1
        """
      ) == ["k", "k1", "k2"].map { [$0, "c", "2026-03-31 15:00:00"] }
    )
    #expect(
      try trial.query("SELECT event_id, outcome FROM ecommerce.late_events ORDER BY 1")
        == [["k1", "dropped"], ["k2", "dropped"]]
    )
    #expect(
      try trial.query(
        "SELECT checkouts_stored, checkouts_duplicates, checkouts_late FROM ecommerce.stream_progress"
      ) == [["5", "0", "2"]]
    )
  }

  /// The first one has no row yet, and the state does not look so far back.
  @Test(arguments: [true, false])
  func `a checkout sent again while the first waits for its final row is a duplicate`(
    isRestarted: Bool
  ) throws {
    let (first, resend) = (trial.checkout("k1", "15:00:00"), trial.checkout("k1", "12:00:00"))
    let click = trial.click("c1", "15:00:00")
    if isRestarted {
      try trial.follow(clicks: [click], checkouts: [first], "--emit", "final")
      try trial.follow(checkouts: [resend], "--emit", "final")
    } else {
      try trial.follow(clicks: [click], checkouts: [first, resend], "--emit", "final")
    }
    try trial.run("--emit", "final")
    #expect(
      try trial.query("SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts")
        == [["k1", "c1"]]
    )
    #expect(
      try trial.query(
        "SELECT checkouts_stored, checkouts_duplicates, checkouts_late FROM ecommerce.stream_progress"
      ) == [["1", "1", "0"]]
    )
    #expect(try trial.query("SELECT FROM ecommerce.late_events").isEmpty)
  }

  @Test func `a late checkout sent again with another late time is a duplicate`() throws {
    try trial.run(
      clicks: [trial.click("c1", "12:00:00"), trial.click("c2", "15:00:00")],
      checkouts: [trial.checkout("k1", "12:00:00"), trial.checkout("k2", "15:00:00")]
    )
    try trial.run(checkouts: [trial.checkout("k1", "14:30:00")])
    #expect(
      try trial.query("SELECT checkouts_duplicates FROM ecommerce.stream_progress") == [["1"]]
    )
  }

  /// Within a run, and after a restart by what is listed in late_events.
  @Test(arguments: [true, false])
  func `a late click sent again with another late time is a duplicate`(isRestarted: Bool) throws {
    try trial.run(
      clicks: [trial.click("c1", "16:00:00")],
      checkouts: [trial.checkout("k1", "12:40:00"), trial.checkout("k2", "16:00:00")]
    )
    if isRestarted {
      try trial.run(clicks: [trial.click("c2", "12:30:00")])
      try trial.run(clicks: [trial.click("c2", "14:30:00")])
    } else {
      try trial.run(clicks: [trial.click("c2", "12:30:00"), trial.click("c2", "14:30:00")])
    }
    #expect(
      try trial.query("SELECT clicks_duplicates FROM ecommerce.stream_progress") == [["1"]]
    )
    #expect(
      try trial.query(
        "SELECT event_id, event_timestamp AT TIME ZONE 'UTC' FROM ecommerce.late_events"
      )
        == [["c2", "2026-03-31 12:30:00"]]
    )
  }

  /// The state has forgotten the first one and lets the second count; so must the stored rows.
  @Test(arguments: [true, false])
  func `a late click sent again with a time that the state reaches back to is stored again`(
    isRestarted: Bool
  ) throws {
    // Late by hours, then by minutes.
    let (old, young) = (trial.click("c", "12:00:00"), trial.click("c", "15:50:00"))
    try trial.follow(
      clicks: [trial.click("c1", "16:00:00", user: "v")],
      checkouts: [trial.checkout("k1", "16:00:00")]
    )
    if isRestarted {
      try trial.follow(clicks: [old])
      try trial.follow(clicks: [young])
    } else {
      try trial.follow(clicks: [old, young])
    }
    #expect(
      try trial.query(
        "SELECT attributed_click_id, clicks_in_window FROM ecommerce.attributed_checkouts"
      ) == [["c", "1"]]
    )
    try trial.run()
  }

  @Test func `a window that is no whole number of seconds is refused`() throws {
    let outcome = try ProgramRun.run(
      "stream-job",
      ["run", "--from", "file:log", "--until-end", "--window", "1500ms"],
      in: trial.directory,
      environment: ["DATABASE_URL": trial.address.connectionString]
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
    try trial.run(
      clicks: [trial.click("c1", "12:00:00")],
      checkouts: [trial.checkout("k1", "12:00:00"), summer(trial.checkout("k2", "12:00:00"))]
    )
    try trial.run(clicks: [trial.click("c2", "11:50:00"), summer(trial.click("c3", "12:00:00"))])
    #expect(
      try trial.query(
        """
        SELECT event_id, outcome <> 'dropped', watermark AT TIME ZONE 'UTC'
        FROM ecommerce.late_events
        """
      ) == [["c2", "t", "2026-03-31 11:55:00"]]
    )
    #expect(
      try trial.query(
        """
        SELECT attributed_click_id FROM ecommerce.attributed_checkouts WHERE checkout_id = 'k1'
        """
      ) == [["c2"]]
    )
  }
}
