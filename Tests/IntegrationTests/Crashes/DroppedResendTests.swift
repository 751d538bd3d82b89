import Foundation
import Testing

/// Late clicks that were dropped, and sent again to a job that was restarted in between.
@Suite struct DroppedResendTests {
  @Test(arguments: ["drop", "restate"])
  func `a resend of a dropped click is a duplicate, whatever the policy is now`(
    latePolicy: String
  ) throws {
    let trial = try JobTrial()
    let late = Self.click("late", at: "10:20")
    let early = Self.click("first", at: "10:22") + Self.click("ahead", at: "10:30")
    let checkout = { (id: String, time: String) in
      #"{"event_id":"\#(id)","user_id":"u","timestamp":"2025-01-01T\#(time):00Z","#
        + #""total_amount":1}"# + "\n"
    }
    for (clicks, checkouts, policy) in [
      (early, checkout("a", "10:30"), "drop"),
      (early + late, checkout("a", "10:30"), "drop"),
      (early + late + late, checkout("a", "10:30") + checkout("b", "10:31"), latePolicy),
    ] {
      try trial.directory.write(clicks, to: "log/clicks/00.jsonl")
      try trial.directory.write(checkouts, to: "log/checkouts/00.jsonl")
      let outcome = try trial.runJob(["--late", policy])
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      try trial.expectLaw()
    }
    let stored = try trial.query(
      "SELECT count(*) FROM ecommerce.raw_clicks WHERE event_id = 'late'"
    )
    #expect(stored == [["1"]])
    let counts = try trial.query(
      "SELECT clicks_duplicates, clicks_late_dropped FROM ecommerce.stream_progress"
    )
    #expect(counts == [["1", "1"]])
  }

  private static func click(_ id: String, at time: String) -> String {
    #"{"event_id":"\#(id)","user_id":"u","timestamp":"2025-01-01T\#(time):00Z","product_id":"p"}"#
      + "\n"
  }
}
