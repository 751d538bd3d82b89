import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// Answers that late events of their own epoch change: written once, and right.
@Suite struct CorrectedAnswersTests {
  private let messages = Messages()
  private let address: PostgresAddress
  private static let minute: Int64 = 60_000_000

  init() throws { address = try TemporaryCluster.database() }

  /// Another worker's, which remembers nothing.
  private func task() throws -> any TaskSink {
    let sink = try PostgresSink(address, fault: nil)
      .makeTask(0, source: "file:/log", rule: AttributionRule())
    _ = try sink.open()
    return sink
  }

  private func click(_ id: String, at minutes: Int64, offset: Int64 = 0) -> ClickRecord {
    messages.click(id, user: "u", at: minutes * Self.minute, product: "p-\(id)", offset: offset)
  }

  private func checkout(_ id: String, at minutes: Int64, offset: Int64 = 0) -> CheckoutRecord {
    messages.checkout(id, user: "u", at: minutes * Self.minute, offset: offset)
  }

  private func append(
    _ clicks: [ClickRecord],
    _ verdict: Verdict,
    to epoch: any Epoch,
    at watermark: Int64
  ) {
    epoch.append(
      ClickBatch(clicks),
      verdicts: clicks.map { _ in verdict },
      watermark: EventTime(microseconds: watermark * Self.minute)
    )
  }

  private func append(
    _ checkouts: [CheckoutRecord],
    answeredBy click: ClickRecord,
    to epoch: any Epoch
  ) {
    epoch.append(
      CheckoutBatch(checkouts),
      verdicts: checkouts.map { _ in .onTime },
      watermark: .beginning
    )
    epoch.append(
      checkouts.map { messages.answer(.new, to: $0, by: click, clicksInWindow: 1) }
    )
  }

  /// With the watermark at so many minutes.
  @discardableResult
  private func commit(
    _ epoch: any Epoch,
    to sink: any TaskSink,
    at watermark: Int64
  ) throws -> CommitReceipt {
    var progress = TaskProgress()
    progress.watermark = EventTime(microseconds: watermark * Self.minute)
    return try sink.commit(epoch, progress: progress)
  }

  private func rows() throws -> [[String?]] {
    try PostgresConnection(address).query(
      """
      SELECT checkout_id, click_id, product_id, clicks_in_window, revision
      FROM ecommerce.attributions ORDER BY 1
      """
    )
  }

  @Test func `an answer that a late click of its epoch changes is written once`() throws {
    let sink = try task()
    let on = click("on-time", at: 10)
    let first = sink.makeEpoch()
    append([on], .onTime, to: first, at: 0)
    append([checkout("before", at: 20)], answeredBy: on, to: first)
    try commit(first, to: sink, at: 60)

    let second = sink.makeEpoch()
    append(
      [checkout("pending", at: 62), checkout("touched", at: 30), checkout("untouched", at: 69)],
      answeredBy: on,
      to: second
    )
    append([click("late", at: 5)], .late, to: second, at: 60)
    try commit(second, to: sink, at: 61)
    #expect(
      try rows() == [
        ["before", "late", "p-late", "2", "1"], ["pending", "on-time", "p-on-time", "1", "0"],
        ["touched", "late", "p-late", "2", "0"], ["untouched", "on-time", "p-on-time", "1", "0"],
      ]
    )
  }

  @Test func `a late click that turns out to be a resend has corrected nothing`() throws {
    let former = try task()
    let first = former.makeEpoch()
    append([click("on-time", at: 100)], .onTime, to: first, at: 0)
    append([click("resent", at: 50)], .late, to: first, at: 60)
    try commit(first, to: former, at: 95)

    // Only the stored rows know of it, and under another time: the state does not reach so far back.
    let sink = try task()
    let second = sink.makeEpoch()
    let on = click("own", at: 170)
    append([on], .onTime, to: second, at: 95)
    append([checkout("k", at: 180), checkout("l", at: 181)], answeredBy: on, to: second)
    append(
      [click("resent", at: 161, offset: 1), click("late", at: 165, offset: 2)],
      .lateUnchecked,
      to: second,
      at: 190
    )
    let receipt = try commit(second, to: sink, at: 200)
    #expect(receipt.lateClickDuplicates == 1)
    #expect(
      try rows() == [["k", "late", "p-late", "2", "0"], ["l", "late", "p-late", "2", "0"]]
    )
    let stored = try PostgresConnection(address).query(
      "SELECT event_id FROM ecommerce.raw_clicks ORDER BY 1"
    )
    #expect(stored == [["late"], ["on-time"], ["own"], ["resent"]])

    // And it is forgotten by those who remember.
    let third = sink.makeEpoch()
    append([checkout("m", at: 182)], answeredBy: on, to: third)
    append([click("later", at: 164, offset: 3)], .late, to: third, at: 200)
    try commit(third, to: sink, at: 200)
    #expect(
      try rows() == [
        ["k", "later", "p-later", "3", "1"], ["l", "later", "p-later", "3", "1"],
        ["m", "later", "p-later", "3", "0"],
      ]
    )
  }

  @Test func `rows of a COPY are walked over with their keys`() throws {
    var buffer = CopyBuffer()
    for texts in [["a", "bc", "def"], ["", "g", "h"]] as [[StaticString]] {
      var cursor = buffer.reserve(100)
      cursor.startRow(fieldCount: 4)
      for text in texts { cursor.text(text) }
      cursor.null()
      buffer.commit(to: cursor)
    }
    for (keyFieldCount, keys) in [(2, [11, 9]), (4, [22, 18]), (9, [22, 18])] {
      var walk = CopyRowWalk(buffer.bytes, keyFieldCount: keyFieldCount)
      var start = 0
      for (length, key) in zip([24, 20], keys) {
        let next = walk.next()
        let row = try #require(next)
        #expect(row.range == start..<start + length)
        #expect(row.key == start + 2..<start + 2 + key)
        start += length
      }
      #expect(walk.next() == nil)
    }
  }
}
