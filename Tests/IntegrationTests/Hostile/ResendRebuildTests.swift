import Testing

/// Events that are sent again under another time, in a log that is read in many runs, each of which
/// rebuilds its state from the end of the last one.
@Suite struct ResendRebuildTests {
  private let trial: LineTrial

  init() throws { trial = try LineTrial() }

  private func answers() throws -> [[String?]] {
    try trial.query(
      """
      SELECT checkout_id, attributed_click_id, first_click_timestamp AT TIME ZONE 'UTC'
      FROM ecommerce.attributed_checkouts ORDER BY checkout_id
      """
    )
  }

  @Test func `a duplicate stays one when the first has left the state`() throws {
    try trial.run(checkouts: [trial.checkout("k1", "01:18:04")])
    try trial.run(clicks: [trial.click("c", "00:08:34")])
    // Moves the watermark so far that the first is not read again.
    try trial.run(clicks: [trial.click("c", "02:07:36")])
    try trial.run(checkouts: [trial.checkout("k2", "02:33:28")])
    #expect(try answers() == [["k1", nil, nil], ["k2", nil, nil]])
    #expect(
      try trial.query(
        """
        SELECT stream, task, event_id, event_timestamp AT TIME ZONE 'UTC', log_position
        FROM ecommerce.resends
        """
      ) == [["clicks", "0", "c", "2026-03-31 02:07:36", "83"]]
    )
  }

  /// What is dropped counts for nothing, but only that: its namesake was on time.
  @Test func `a dropped resend takes nothing from the first one`() throws {
    try trial.run(
      clicks: [trial.click("c", "05:50:00")],
      checkouts: [trial.checkout("k1", "05:50:00", user: "v")],
      "--late",
      "drop"
    )
    // Dropped, with a time that the state does not reach back to.
    try trial.follow(clicks: [trial.click("c", "04:30:00")], "--late", "drop")
    try trial.follow(checkouts: [trial.checkout("k2", "06:00:00")], "--late", "drop")
    #expect(
      try answers() == [["k1", nil, nil], ["k2", "c", "2026-03-31 05:50:00"]]
    )
  }

  @Test func `a checkout's duplicate stays one, too`() throws {
    try trial.run(
      clicks: [trial.click("c1", "01:10:00")],
      checkouts: [trial.checkout("k", "00:08:34")]
    )
    try trial.run(checkouts: [trial.checkout("k", "02:07:36")])
    try trial.run(clicks: [trial.click("c2", "02:06:00")])
    #expect(try answers() == [["k", nil, nil]])
  }

  @Test func `what is stored again after its horizon stays in the state`() throws {
    // Read at once, so that the first is read again for the sake of the second.
    try trial.run(
      clicks: [trial.click("c", "00:00:00"), trial.click("far", "03:00:00", user: "v")],
      checkouts: [trial.checkout("k1", "03:00:00", user: "v")]
    )
    try trial.run(clicks: [trial.click("c", "03:01:00")])
    try trial.run(checkouts: [trial.checkout("k2", "03:02:00")])
    #expect(
      try answers() == [["k1", "far", "2026-03-31 03:00:00"], ["k2", "c", "2026-03-31 03:01:00"]]
    )
  }
}
