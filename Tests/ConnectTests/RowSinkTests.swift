import Attribution
import Connect
import Dataflow
import Events
import Foundation
import TestSupport
import Testing

@Suite struct RowSinkTests {
  private let time = EventTime(microseconds: 1_795_248_930_123_456)

  /// Two answers: one with everything that needs quoting, one without a click.
  private func answers(_ memory: EncodedAnswer) -> [Answer] {
    [
      memory.make(
        checkout: "o,1",
        time: time,
        amount: Money(hundredths: -123_456_789_012),
        click: "c\"1",
        clickTime: time - .seconds(30),
        product: ["p", nil, ""],
        origin: ["a\nb", "mobile\\\u{1}é"],
        clicksInWindow: 3
      ),
      memory.make(checkout: "o2", time: time, amount: Money(hundredths: 5)),
    ]
  }

  /// Commits these answers as a task's only epoch.
  private func commit(
    _ answers: [Answer],
    to task: any TaskSink,
    isFlushed: Bool = true
  ) throws {
    #expect(try task.open() == nil)
    let epoch = task.makeEpoch()
    epoch.append(answers)
    var progress = TaskProgress()
    progress.isFlushed = isFlushed
    #expect(try task.commit(epoch, progress: progress) == CommitReceipt())
    task.recycle(epoch)
    #expect(epoch.byteCount == 0)
  }

  private func withoutProcessingTime(_ text: String) -> String {
    text.replacing(/20[0-9-]+T[0-9:.]+Z(?=\n|"})/, with: "NOW")
  }

  @Test func `a CSV file has one quoted row per checkout`() throws {
    let memory = EncodedAnswer()
    try withTemporaryDirectory { directory in
      let sink = try CSVSink(directory: directory, untilEnd: true)
      let task = try sink.makeTask(0, source: "", rule: AttributionRule())
      try commit(answers(memory), to: task)
      task.close()
      let text = try String(
        contentsOfFile: "\(directory)/attributed_checkouts.csv",
        encoding: .utf8
      )
      #expect(
        withoutProcessingTime(text) == """
          checkout_id,user_id,checkout_timestamp,attributed_click_id,attributed_product_id,\
          attributed_product_name,attributed_category,traffic_source,device_type,\
          first_click_timestamp,revenue,attribution_window_seconds,clicks_in_window,is_final,\
          revision,processed_at
          "o,1",u,2026-11-21T08:15:30.123456Z,"c""1",p,,"","a
          b",mobile\\\u{1}é,2026-11-21T08:15:00.123456Z,-1234567890.12,30,3,true,0,NOW
          o2,u,2026-11-21T08:15:30.123456Z,,,,,,,,0.05,,0,true,0,NOW

          """
      )
    }
  }

  @Test func `a JSON line has every column of the row`() throws {
    let memory = EncodedAnswer()
    try withTemporaryDirectory { directory in
      let file = "\(directory)/rows.jsonl"
      let sink = try JSONLinesSink(file: file)
      let task = try sink.makeTask(0, source: "", rule: AttributionRule())
      try commit(answers(memory), to: task, isFlushed: false)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(
        withoutProcessingTime(text) == """
          {"checkout_id":"o,1","user_id":"u","checkout_timestamp":"2026-11-21T08:15:30.123456Z",\
          "attributed_click_id":"c\\"1","attributed_product_id":"p",\
          "attributed_product_name":null,"attributed_category":"","traffic_source":"a\\u000ab",\
          "device_type":"mobile\\\\\\u0001é",\
          "first_click_timestamp":"2026-11-21T08:15:00.123456Z","revenue":-1234567890.12,\
          "attribution_window_seconds":30,"clicks_in_window":3,"is_final":true,"revision":0,\
          "processed_at":"NOW"}
          {"checkout_id":"o2","user_id":"u","checkout_timestamp":"2026-11-21T08:15:30.123456Z",\
          "attributed_click_id":null,"attributed_product_id":null,\
          "attributed_product_name":null,"attributed_category":null,"traffic_source":null,\
          "device_type":null,"first_click_timestamp":null,"revenue":0.05,\
          "attribution_window_seconds":null,"clicks_in_window":0,"is_final":true,"revision":0,\
          "processed_at":"NOW"}

          """
      )
    }
  }

  @Test(
    arguments: [
      0, 1, 99, 100, 999_999, 1_000_000, 1_000_001, 99_999_999, 100_000_000, 123_450_000,
      999_999_999_999, 100_000_000_000, 1_000_000_000_00, 10_000_00, 1_0000_0000_00,
    ] as [Int64]
  )
  func `amounts come out as they went in`(hundredths: Int64) throws {
    let memory = EncodedAnswer()
    for amount in [Money(hundredths: hundredths), Money(hundredths: -hundredths)] {
      try withTemporaryDirectory { directory in
        let file = "\(directory)/rows.jsonl"
        let task = try JSONLinesSink(file: file).makeTask(0, source: "", rule: AttributionRule())
        try commit([memory.make(checkout: "o", time: time, amount: amount)], to: task)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("\"revenue\":\(amount.text),"))
      }
    }
  }

  @Test func `CSV files get their names when the last task has come to the end`() throws {
    try withTemporaryDirectory { parent in
      let directory = "\(parent)/out"
      let sink = try CSVSink(directory: directory, untilEnd: true)
      let tasks = try (0..<2).map { try sink.makeTask($0, source: "", rule: AttributionRule()) }
      let file = "\(directory)/attributed_checkouts.csv"
      try commit([], to: tasks[0])
      tasks[0].close()
      #expect(!FileManager.default.fileExists(atPath: file))
      try commit([], to: tasks[1])
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: directory) == [
          "attributed_checkouts.csv"
        ]
      )
      tasks[1].close()
      #expect(FileManager.default.fileExists(atPath: file))
    }
  }

  @Test func `a run that stops early leaves what was there`() throws {
    try withTemporaryDirectory { directory in
      let file = "\(directory)/attributed_checkouts.csv"
      try "former\n".write(toFile: file, atomically: false, encoding: .utf8)
      let sink = try CSVSink(directory: directory, untilEnd: true)
      let task = try sink.makeTask(0, source: "", rule: AttributionRule())
      try commit([], to: task, isFlushed: false)
      task.close()
      #expect(sink.appendedRows?.areWhole == false)
      #expect(sink.appendedRows?.checkouts == 0)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "former\n")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: directory) == [
          "attributed_checkouts.csv"
        ]
      )
    }
  }

  @Test func `files that cannot get their names leave nothing behind`() throws {
    let memory = EncodedAnswer()
    try withTemporaryDirectory { directory in
      let file = "\(directory)/attributed_checkouts.csv"
      try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
      let sink = try CSVSink(directory: directory, untilEnd: true)
      let task = try sink.makeTask(0, source: "", rule: AttributionRule())
      let error = #expect(throws: ConnectorError.self) { try commit(answers(memory), to: task) }
      #expect(error?.message.hasSuffix("to \"\(file)\": Is a directory") == true)
      task.close()
      #expect(sink.appendedRows?.checkouts == 0)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: directory) == [
          "attributed_checkouts.csv"
        ]
      )
    }
  }

  @Test func `the rows of checkouts are counted, once they can be seen`() throws {
    let memory = EncodedAnswer()
    try withTemporaryDirectory { directory in
      let files = try CSVSink(directory: directory, untilEnd: true)
      let lines = try JSONLinesSink(file: "\(directory)/rows.jsonl")
      for (sink, seen) in [(files, [0, 4]), (lines, [2, 4])] as [(any Sink, [Int64])] {
        let tasks = try (0..<2).map { try sink.makeTask($0, source: "", rule: AttributionRule()) }
        for (task, count) in zip(tasks, seen) {
          try commit(answers(memory), to: task)
          #expect(sink.appendedRows?.checkouts == count)
        }
        #expect(sink.appendedRows?.areWhole == true)
        tasks.forEach { $0.close() }
      }
    }
  }

  @Test(arguments: [(Verdict.late, 1), (.lateUnchecked, 1), (.expired, 1), (.resent, 0)])
  func `late events are listed, those beyond the horizon too`(
    verdict: Verdict,
    count: Int
  ) throws {
    try withTemporaryDirectory { directory in
      let sink = try CSVSink(directory: directory, untilEnd: true)
      let task = try sink.makeTask(0, source: "", rule: AttributionRule())
      let epoch = task.makeEpoch()
      var message = Array("k1u1".utf8)
      try message.withUnsafeMutableBytes { bytes in
        let message = try #require(bytes.baseAddress)
        var record = CheckoutRecord(message: message, byteCount: 4, offset: 7)
        record.eventID = ByteSlice(offset: 0, length: 2)
        record.userID = ByteSlice(offset: 2, length: 2)
        record.time = time
        var batch = CheckoutBatch()
        batch.records.append(record)
        epoch.append(batch, verdicts: [verdict], watermarks: [time + .hours(30)])
      }
      var progress = TaskProgress()
      progress.isFlushed = true
      #expect(try task.commit(epoch, progress: progress).lateCheckoutsDropped == count)
      task.close()
      let path = "\(directory)/late_events.csv"
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      #expect(text.split(separator: "\n").dropFirst().count == count)
    }
  }

  @Test func `messages that are no events are listed`() throws {
    try withTemporaryDirectory { directory in
      let sink = try CSVSink(directory: directory, untilEnd: true)
      let task = try sink.makeTask(3, source: "", rule: AttributionRule())
      let epoch = task.makeEpoch()
      let message: [UInt8] = Array("{\"a\": ".utf8) + [0xFF]
      var placed = RejectedMessage(
        message: nil,
        byteCount: 0,
        offset: 42,
        reason: RejectReason("null")
      )
      placed.place = "shard 7:12"
      message.withUnsafeBytes {
        epoch.append(
          [
            RejectedMessage(
              message: $0.baseAddress,
              byteCount: $0.count,
              offset: 41,
              reason: RejectReason("not JSON")
            ),
            placed,
          ],
          of: .checkouts
        )
      }
      var progress = TaskProgress()
      progress.isFlushed = true
      _ = try task.commit(epoch, progress: progress)
      task.close()
      let text = try String(contentsOfFile: "\(directory)/dead_letters.csv", encoding: .utf8)
      #expect(
        withoutProcessingTime(text) == """
          stream,task,log_offset,log_position,reason,byte_count,message,recorded_at
          checkouts,3,41,,not JSON,7,"{""a"": \u{FFFD}",NOW
          checkouts,3,42,shard 7:12,null,0,,NOW

          """
      )
    }
  }

  @Test func `CSV takes no growing log`() {
    let error = #expect(throws: ConnectorError.self) {
      try CSVSink(directory: "out", untilEnd: false)
    }
    #expect(error?.kind == .usage)
    #expect(
      error?.description
        == "sink csv:out takes a whole log, and this run follows a growing one; "
        + "add --until-end, or write to jsonl: or postgres:"
    )
  }

  @Test func `a directory that cannot be made is one clear line`() {
    let error = #expect(throws: ConnectorError.self) {
      try CSVSink(directory: "/dev/null/out", untilEnd: true)
        .makeTask(0, source: "", rule: AttributionRule())
    }
    #expect(
      error?.description
        == "could not make the directory \"/dev/null/out\": Not a directory; "
        + "name a directory whose parent exists and can be written to"
    )
  }
}
