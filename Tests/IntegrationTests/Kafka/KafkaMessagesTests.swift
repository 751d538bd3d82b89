import Connect
import Foundation
import KafkaConnect
import TestSupport
import Testing

/// Messages as other producers write them, and topics that cannot be read.
@Suite(.mostlyWaits) struct KafkaMessagesTests {
  private static func click(
    _ id: String,
    _ user: String,
    _ time: String,
    more: String = ""
  )
    -> String
  {
    #"{"event_id":"\#(id)","user_id":"\#(user)","timestamp":"2025-01-01T\#(time)Z","#
      + #""product_id":"p"\#(more)}"#
  }

  private static func checkout(_ id: String, _ user: String, _ time: String) -> String {
    #"{"event_id":"\#(id)","user_id":"\#(user)","timestamp":"2025-01-01T\#(time)Z","#
      + #""total_amount":10.00}"#
  }

  @Test(arguments: ["none", "zstd"])
  func `strange messages are answered or dead letters, and all accounted for`(
    compression: String
  ) throws {
    let trial = try KafkaTrial(partitions: 2)
    let writer = try trial.writer(compression: compression)
    // The user's key would be another partition, perhaps: the task goes by the partition.
    try writer.append(
      [
        .init(Self.click("c1", "u1", "08:00:00"), key: nil),
        .init(nil),
        .init("no event"),
        .init(Self.click("c2", "u1", "08:10:00"), key: "somebody else"),
        .init(Self.click("c3", "u2", "08:20:00"), key: "u2", header: "trace-1"),
        .init(
          Self.click(
            "c4",
            "u3",
            "08:30:00",
            more: #","page_url":"\#(String(repeating: "x", count: 1_000_000))""#
          ),
          key: "u3"
        ),
        .init("", key: "u4"),
      ],
      to: .clicks,
      partition: 1
    )
    try writer.append(
      [
        .init(Self.checkout("k1", "u1", "08:30:00"), key: nil),
        .init(Self.checkout("k2", "u2", "08:30:00"), key: "u2", header: "trace-2"),
        .init(Self.checkout("k3", "u3", "08:40:00"), key: "u3"),
        .init(nil, key: nil),
      ],
      to: .checkouts,
      partition: 1
    )
    let outcome = try trial.startWorker(["--until-end"]).wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.job.expectLaw()
    let rows = try trial.job.query(
      "SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts ORDER BY 1"
    )
    #expect(rows == [["k1", "c1"], ["k2", "c3"], ["k3", "c4"]])
    let letters = try trial.job.query(
      """
      SELECT stream, log_offset::text, message IS NULL
      FROM ecommerce.dead_letters ORDER BY stream, log_offset
      """
    )
    #expect(
      letters == [
        ["checkouts", "3", "t"], ["clicks", "1", "t"], ["clicks", "2", "f"], ["clicks", "6", "f"],
      ]
    )
    #expect(outcome.errors.contains("key"), "\(outcome.errors)")
  }

  @Test func `messages that retention took are an error, or a gap that is listed`() throws {
    let trial = try KafkaTrial(partitions: 1)
    try trial.generate(events: 3000, seed: 91)
    let first = try trial.startWorker(["--until-end"]).wait()
    #expect(first.exitCode == 0, "\(first.errors)")
    // More than the broker keeps of a partition: what was read is gone, and the next as well.
    try trial.generate(
      events: 40_000,
      seed: 92,
      start: "2025-01-01T08:00:00Z",
      compression: "none"
    )
    let refused = try trial.startWorker(["--until-end"]).wait()
    #expect(refused.exitCode == 1)
    let last = try #require(refused.errorLines.last)
    #expect(last.contains("partition 0 no longer has the offsets"), "\(last)")
    #expect(last.contains("--on-gap skip"), "\(last)")
    try trial.job.expectLaw()
    let doctor = try trial.job.start("stream-job", ["doctor", "--from", trial.uri]).wait()
    #expect(doctor.exitCode == 1)
    #expect(
      doctor.output.contains("fail  progress: topic \"shop-clicks\", partition 0 no longer has"),
      "\(doctor.output)"
    )
    let status = try trial.job.start("stream-job", ["status", "--from", trial.uri]).wait()
    #expect(
      status.output.contains(", lag unknown: topic \"shop-clicks\", partition 0 no longer has"),
      "\(status.output)"
    )

    let skipping = try trial.startWorker(["--until-end", "--on-gap", "skip"]).wait()
    #expect(skipping.exitCode == 0, "\(skipping.errors)")
    try trial.job.expectLaw()
    let gaps = try trial.job.query(
      """
      SELECT g.records > 0, g.to_position::bigint - g.from_position::bigint = g.records,
        p.clicks_records + g.records = p.clicks_position::bigint
      FROM ecommerce.log_gaps AS g
      JOIN ecommerce.stream_progress AS p ON p.task = g.task
      WHERE g.stream = 'clicks'
      """
    )
    #expect(gaps == [["t", "t", "t"]])
    for command in ["status", "verify"] {
      let outcome = try trial.job.start("stream-job", [command]).wait()
      #expect(outcome.output.contains("of the log skipped, at most "), "\(outcome.output)")
    }
  }

  @Test func `a task whose messages retention took stops, and its worker goes on with the others`()
    throws
  {
    let trial = try KafkaTrial(partitions: 3)
    try trial.generate(events: 3000, seed: 93)
    let first = try trial.startWorker(["--until-end"]).wait()
    #expect(first.exitCode == 0, "\(first.errors)")
    let text = Self.click("later", "u", "09:00:00")
    let writer = try trial.writer()
    // More than the broker keeps of a partition.
    let padding = String(repeating: " ", count: 50_000)
    for _ in 0..<150 { try writer.append([.init(text + padding)], to: .clicks, partition: 1) }
    try trial.generate(events: 2000, seed: 94, start: "2025-01-01T08:00:00Z")

    let before = try trial.job.committedRecords()
    let tailing = try trial.startWorker()
    try trial.job.wait(for: tailing) {
      guard try tailing.errorsSoFar().contains("task stopped, the others go on") else {
        return false
      }
      return try trial.job.committedRecords() > before + 800
    }
    tailing.send(SIGTERM)
    let stopped = try tailing.wait()
    #expect(stopped.exitCode == 0, "\(stopped.errors)")
    let reason = "topic \"shop-clicks\", partition 1 no longer has the offsets from "
    #expect(stopped.errorLines.suffix(2).joined().contains("task 1 was stopped: \(reason)"))
    let status = try trial.job.start("stream-job", ["status"]).wait().output
    #expect(status.contains("1 of 3 tasks STOPPED"), "\(status)")
    let line = status.split(separator: "\n").first { $0.contains("  STOPPED ") } ?? ""
    #expect(line.contains(" ago: \(reason)") && line.contains("; --on-gap skip"), "\(status)")
    let report = try trial.job.start("stream-job", ["status", "--json"]).wait().output
    #expect(report.contains("\"stopped_tasks\" : 1"), "\(report)")
    let check = try trial.job.start("stream-job", ["status", "--check"]).wait()
    #expect(check.exitCode == 1)
    let fault = "stream-job: 1 of 3 tasks stopped, task 1: \(reason)"
    #expect(check.errorLines.last?.hasPrefix(fault) ?? false, "\(check.errors)")
    let doctor = try trial.job.start("stream-job", ["doctor", "--from", trial.uri]).wait()
    #expect(doctor.exitCode == 1)
    let findings = doctor.output.split(separator: "\n").filter { $0.hasPrefix("fail  ") }
    #expect(
      findings.contains { $0.hasPrefix("fail  task 1: stopped at 20") && $0.contains(reason) },
      "\(doctor.output)"
    )

    let outcome = try trial.startWorker(["--until-end"]).wait()
    #expect(outcome.exitCode == 1, "\(outcome.errors)")
    let last = try #require(outcome.errorLines.last)
    #expect(
      last.contains("task 1 was stopped: topic \"shop-clicks\", partition 1 no longer has"),
      "\(last)"
    )
    #expect(last.contains("--on-gap skip"), "\(last)")
    let flushed = try trial.job.query(
      "SELECT task::text, is_flushed::text FROM ecommerce.stream_progress ORDER BY task"
    )
    // Its log goes on behind what is gone, and was not read to its end.
    #expect(flushed == [["0", "true"], ["1", "false"], ["2", "true"]])
    try trial.job.expectLaw()
  }

  @Test func `topics that are not those that were read are refused`() throws {
    let trial = try KafkaTrial(partitions: 2)
    try trial.generate(events: 1000, seed: 95)
    let first = try trial.startWorker(["--until-end"]).wait()
    #expect(first.exitCode == 0, "\(first.errors)")
    let doctor = { try trial.job.start("stream-job", ["doctor", "--from", trial.uri]).wait() }
    let healthy = try doctor()
    #expect(healthy.output.contains("ok    progress: the log goes on where 2 tasks have read it"))

    // A task that has nothing yet knows no average record.
    _ = try trial.job.query(
      """
      UPDATE ecommerce.stream_progress
      SET clicks_position = '0', clicks_records = 0, clicks_stored = 0, clicks_duplicates = 0,
        clicks_dead_letters = 0, clicks_bytes = 0
      WHERE task = 0
      """
    )
    let unread = try trial.job.start("stream-job", ["status", "--from", trial.uri]).wait()
    #expect(
      unread.output.contains(#/clicks +at 0, \d+ records behind, watermark/#),
      "\(unread.output)"
    )

    // As if the topics had been made anew and were shorter now.
    _ = try trial.job.query(
      "UPDATE ecommerce.stream_progress SET clicks_position = '999999' WHERE task = 1"
    )
    let shorter = try doctor()
    #expect(shorter.exitCode == 1)
    #expect(
      shorter.output.contains("fail  progress: topic \"shop-clicks\", partition 1 was read up to "),
      "\(shorter.output)"
    )
    let status = try trial.job.start("stream-job", ["status", "--from", trial.uri]).wait()
    #expect(
      status.output.contains("  at 999999, lag unknown: topic \"shop-clicks\", partition 1 was"),
      "\(status.output)"
    )

    // Or had fewer partitions.
    _ = try trial.job.query("UPDATE ecommerce.stream_progress SET task = 5 WHERE task = 1")
    let fewer = try doctor()
    #expect(fewer.exitCode == 1)
    #expect(
      fewer.output.contains(
        "fail  progress: topic shop-clicks has 2 partitions, partition 5 is not among them; "
      ),
      "\(fewer.output)"
    )
    let refused = try trial.startWorker(["--until-end"]).wait()
    #expect(refused.exitCode == 1)
    #expect(
      refused.errorLines.last?.contains("has 2 partitions, the database holds rows of 6; ") == true,
      "\(refused.errors)"
    )
  }

  @Test func `what cannot be read is refused in one line`() throws {
    let trial = try KafkaTrial()
    try trial.broker.makeTopic("odd-clicks", partitionCount: 3)
    try trial.broker.makeTopic("odd-checkouts", partitionCount: 2)
    let bootstrap = trial.broker.bootstrap
    let cases: [(uri: String, exitCode: Int32, words: [String])] = [
      ("kafka://127.0.0.1:1/shop", 1, ["127.0.0.1:1"]),
      ("kafka://\(bootstrap)/odd", 1, ["odd-clicks", "3", "odd-checkouts", "2"]),
      ("kafka://\(bootstrap)", 2, ["kafka://HOST:PORT"]),
    ]
    for (uri, exitCode, words) in cases {
      let outcome = try trial.job.start("stream-job", ["run", "--from", uri]).wait()
      #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
      let last = outcome.errorLines.last ?? ""
      #expect(words.allSatisfy { last.contains($0) }, "\(outcome.errors)")
    }
    let empty = try trial.job.query("SELECT FROM ecommerce.stream_progress")
    #expect(empty.isEmpty)
  }
}
