import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// Late events settled by SQL against a model that knows every stored event.
@Suite struct LateRulesTests {
  @Test(arguments: 1...24)
  func `after every commit the answers are those of the rule`(seed: UInt64) throws {
    for policy in [AttributionRule.LatePolicy.restate, .drop] {
      var world = try LateWorld(
        seed: seed,
        policy: policy,
        recentByteCount: [64 << 20, 64 << 10, 0][Int(seed % 3)]
      )
      for epoch in 1...8 {
        // Never, every other time, ..., once: what is remembered differs, the answers do not.
        if seed % 4 != 0, epoch % Int(seed % 4 + 1) == 0 { try world.takeOver() }
        try world.commitEpoch()
        #expect(try world.storedAnswers() == world.expectedAnswers())
        #expect(try world.storedLateEvents() == world.expectedLateEvents())
        #expect(try world.storedCounts() == world.expectedCounts())
      }
    }
  }

  @Test(arguments: [64 << 20, 0])
  func `a late click names the checkouts that it changed`(recentByteCount: Int) throws {
    let messages = Messages()
    let address = try TemporaryCluster.database()
    let sink = try PostgresSink(address, recentByteCount: recentByteCount)
      .makeTask(0, source: "s", rule: AttributionRule())
    _ = try sink.open()
    let minute: Int64 = 60_000_000
    let hour = 60 * minute
    let clicks = [messages.click("k5", user: "u", at: 5 * minute, product: "p5")]
    let checkouts = [65, 20, 66].map {
      messages.checkout("x\($0)", user: "u", at: Int64($0) * minute)
    }
    var progress = TaskProgress()
    progress.watermark = EventTime(microseconds: 3 * hour)
    let first = sink.makeEpoch()
    first.append(ClickBatch(clicks), verdicts: [.onTime], watermark: .beginning)
    first.append(
      CheckoutBatch(checkouts),
      verdicts: [.onTime, .onTime, .onTime],
      watermark: .beginning
    )
    first.append([
      messages.answer(.new, to: checkouts[0], by: clicks[0], clicksInWindow: 1),
      messages.answer(.new, to: checkouts[1], by: clicks[0], clicksInWindow: 1),
      messages.answer(.new, to: checkouts[2], by: nil, clicksInWindow: 0),
    ])
    _ = try sink.commit(first, progress: progress)

    let second = sink.makeEpoch()
    // A tie with k5 that sorts before it, a click in nobody's window, and a late checkout.
    second.append(
      ClickBatch([
        messages.click("k05", user: "u", at: 5 * minute, product: "p05", offset: 10),
        messages.click("k67", user: "u", at: 67 * minute, offset: 20),
        messages.click("k5", user: "u", at: 5 * minute, offset: 30),
      ]),
      verdicts: [.lateUnchecked, .lateUnchecked, .lateUnchecked],
      watermark: EventTime(microseconds: 2 * hour)
    )
    second.append(
      CheckoutBatch([messages.checkout("x10", user: "u", at: 10 * minute, offset: 7)]),
      verdicts: [.late],
      watermark: EventTime(microseconds: 2 * hour)
    )
    let receipt = try sink.commit(second, progress: progress)
    #expect(receipt.lateClickDuplicates == 1)

    let connection = try PostgresConnection(address)
    #expect(
      try connection.query(
        """
        SELECT checkout_id, click_id, product_id, clicks_in_window, revision
        FROM ecommerce.attributions ORDER BY 1
        """
      ) == [
        ["x10", "k05", "p05", "2", "0"], ["x20", "k05", "p05", "2", "1"],
        ["x65", "k05", "p05", "2", "1"], ["x66", nil, nil, "0", "0"],
      ]
    )
    // The answer to x10, read after k05, is new.
    #expect(
      try connection.query(
        """
        SELECT event_id, outcome, restated_checkouts, log_offset, watermark
        FROM ecommerce.late_events ORDER BY log_offset
        """
      ) == [
        ["x10", "restated", "1", "7", "1970-01-01 02:00:00+00"],
        ["k05", "restated", "2", "10", "1970-01-01 02:00:00+00"],
        ["k67", "no_change", "0", "20", "1970-01-01 02:00:00+00"],
      ]
    )
  }
}
