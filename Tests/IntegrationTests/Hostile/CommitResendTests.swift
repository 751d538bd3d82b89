import TestSupport
import Testing

/// Resends that come in one commit with what would tell them, over several reads.
@Suite struct CommitResendTests {
  private let trial: LineTrial

  init() throws { trial = try LineTrial() }

  /// The first one waits for its final row and gets it, or an early one, in the commit that brings the
  /// second, late or on time: neither the rows stored before nor the checkouts of the commit tell, and
  /// the state has forgotten it meanwhile.
  @Test(arguments: [("final", "12:00:00"), ("early", "15:00:00")])
  func `a checkout sent again in the commit of its row is a duplicate`(
    emission: String,
    resentTime: String
  ) throws {
    try trial.follow(
      clicks: [trial.click("c1", "12:00:00")],
      checkouts: [trial.checkout("k1", "12:00:00")],
      "--emit",
      "final"
    )
    try trial.run(
      clicks: [trial.click("c2", "15:00:00")],
      checkouts: [
        trial.checkout("k2", "15:00:00") + LineTrial.endOfRead, trial.checkout("k1", resentTime),
      ],
      "--emit",
      emission,
      "--commit-interval",
      "60s"
    )
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts ORDER BY 1
        """
      ) == [["k1", "c1"], ["k2", "c2"]]
    )
    #expect(
      try trial.query(
        "SELECT checkouts_stored, checkouts_duplicates, checkouts_late FROM ecommerce.stream_progress"
      ) == [["2", "1", "0"]]
    )
  }

  /// The first one was on time and has left the state when the second comes, which would be dropped.
  @Test(arguments: ["early", "final"])
  func `a checkout sent again beyond the late horizon and on time is a duplicate`(
    emission: String
  ) throws {
    try trial.run(
      clicks: [trial.click("m", "06:00:00", user: "v")],
      checkouts: [
        trial.checkout("k", "01:00:00"), trial.checkout("k1", "06:06:00", user: "v"),
        trial.checkout("k2", "02:00:00") + LineTrial.endOfRead,
        trial.checkout("k", "01:00:00"), trial.checkout("k", "06:10:00"),
      ],
      "--late-horizon",
      "30m",
      "--emit",
      emission
    )
    #expect(
      try trial.query(
        """
        SELECT event_id, event_timestamp AT TIME ZONE 'UTC' FROM ecommerce.raw_checkouts ORDER BY 1
        """
      ) == [
        ["k", "2026-03-31 01:00:00"], ["k1", "2026-03-31 06:06:00"], ["k2", "2026-03-31 02:00:00"],
      ]
    )
    #expect(
      try trial.query("SELECT event_id, outcome FROM ecommerce.late_events") == [["k2", "dropped"]]
    )
  }

  /// The state knows the late one when it is read, and forgets it at the end of the read.
  @Test(arguments: ["early", "final"])
  func `a late checkout that moves out of the state at once is the first one`(
    emission: String
  ) throws {
    try trial.run(
      clicks: [trial.click("c1", "00:50:00"), trial.click("c2", "11:08:00", user: "v")],
      checkouts: [
        trial.checkout("k1", "12:00:00", user: "v"), trial.checkout("k", "01:00:00"),
        trial.checkout("k2", "12:35:00", user: "v") + LineTrial.endOfRead,
        trial.checkout("k", "12:35:00"),
      ],
      "--emit",
      emission
    )
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts
        WHERE checkout_id = 'k'
        """
      ) == [["k", "c1"]]
    )
    #expect(
      try trial.query("SELECT event_id, outcome FROM ecommerce.late_events") == [["k", "restated"]]
    )
  }

  /// The second one is no sign that the first is stored, though the raw clicks of its time are asked.
  @Test(arguments: ["early", "final"])
  func `a late click sent again on time within a commit is stored`(emission: String) throws {
    try trial.run(
      clicks: [trial.click("m", "06:05:00", user: "v")],
      checkouts: [trial.checkout("k0", "04:30:00"), trial.checkout("k1", "06:05:00", user: "v")],
      "--emit",
      emission
    )
    try trial.run(
      clicks: [
        trial.click("x", "03:58:00"), trial.click("x", "06:10:00"),
        trial.click("m2", "07:05:00", user: "v"),
      ],
      checkouts: [
        trial.checkout("k2", "07:05:00", user: "v"), trial.checkout("k", "06:30:00"),
      ],
      "--emit",
      emission
    )
    #expect(
      try trial.query(
        """
        SELECT event_id, outcome, restated_checkouts FROM ecommerce.late_events ORDER BY 1
        """
      ).contains(["x", "restated", "1"])
    )
    #expect(
      try trial.query(
        """
        SELECT attributed_click_id FROM ecommerce.attributed_checkouts WHERE checkout_id = 'k0'
        """
      ) == [["x"]]
    )
  }
}
