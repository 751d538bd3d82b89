import Testing

/// Events at the edges of what the contract allows, in the real programs.
@Suite struct EdgeEventTests {
  private let trial: LineTrial

  init() throws { trial = try LineTrial() }

  @Test func `an offset may carry a time out of the years of four digits`() throws {
    let early = "0001-01-01T00:00:00+14:00"
    let late = "9999-12-31T23:59:59-12:00"
    let clicks = [
      trial.click("c1", at: early), trial.click("c2", "12:00:00"), trial.click("c3", at: late),
    ]
    let checkouts = [
      trial.checkout("k1", at: early), trial.checkout("k2", "12:00:00"),
      trial.checkout("k3", at: late),
    ]
    try trial.run(clicks: clicks, checkouts: checkouts)
    try trial.run(clicks: clicks, checkouts: checkouts)
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id, checkout_timestamp AT TIME ZONE 'UTC'
        FROM ecommerce.attributed_checkouts ORDER BY checkout_timestamp
        """
      ) == [
        ["k1", "c1", "0001-12-31 10:00:00 BC"], ["k2", "c2", "2026-03-31 12:00:00"],
        ["k3", "c3", "10000-01-01 11:59:59"],
      ]
    )
    #expect(try trial.query("SELECT FROM ecommerce.dead_letters").isEmpty)
  }

  /// Such a resend cannot be recognised: the state no longer has its id.
  @Test func `an id that was dropped as late counts when it comes on time`() throws {
    let day = { (time: String) in "2026-04-05T\(time)Z" }
    try trial.run(
      clicks: [trial.click("c1", at: day("10:00:00"))],
      checkouts: [trial.checkout("k1", at: day("10:00:00"))]
    )
    try trial.run(
      clicks: [trial.click("x", "09:00:00"), trial.click("y", "09:00:00")],
      checkouts: [trial.checkout("k", "10:00:00")]
    )
    try trial.run(
      clicks: [
        trial.click("x", at: day("10:02:00")), trial.click("y", at: day("10:02:00"), user: "v"),
      ],
      checkouts: [
        trial.checkout("k", at: day("10:03:00")),
        trial.checkout("kv", at: day("10:03:00"), user: "v"),
      ]
    )
    #expect(
      try trial.query(
        """
        SELECT checkout_id, user_id, attributed_click_id, clicks_in_window
        FROM ecommerce.attributed_checkouts ORDER BY checkout_id
        """
      ) == [["k", "u", "c1", "2"], ["k1", "u", "c1", "1"], ["kv", "v", "y", "1"]]
    )
  }
}
