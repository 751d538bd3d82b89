import Testing

/// What `late_events` says of late clicks, wherever a run has ended before them.
@Suite struct LateOutcomeTests {
  private let trial: LineTrial

  init() throws { trial = try LineTrial() }

  /// k1 is pending when the late click comes, and the watermark passes it at the end only.
  @Test(arguments: ["early", "final"], [true, false])
  func `a late click after a restart has restated the checkouts that were read before it`(
    emission: String,
    isFlushed: Bool
  ) throws {
    func read(_ clicks: [String], _ checkouts: [String] = []) throws {
      if isFlushed {
        try trial.run(clicks: clicks, checkouts: checkouts, ["--emit", emission])
      } else {
        try trial.follow(clicks: clicks, checkouts: checkouts, ["--emit", emission])
      }
    }
    try read(
      [trial.click("c0", "00:30:00"), trial.click("m", "01:00:00", user: "v")],
      [trial.checkout("k0", "00:40:00"), trial.checkout("k1", "01:00:00")]
    )
    try read([trial.click("late", "00:10:00")])
    try read([trial.click("later", "00:50:00")], [trial.checkout("k2", "01:00:01")])
    #expect(
      try trial.query("SELECT event_id, outcome, restated_checkouts FROM ecommerce.late_events")
        == [["late", "restated", "2"], ["later", "restated", "1"]]
    )
    try trial.run("--emit", emission)
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id, clicks_in_window
        FROM ecommerce.attributed_checkouts ORDER BY 1
        """
      ) == [["k0", "late", "2"], ["k1", "late", "3"], ["k2", "late", "3"]]
    )
  }
}
