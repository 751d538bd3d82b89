import Foundation
import Testing

/// stream-job into rows that are never revised, as a user runs it.
@Suite struct AppendedRowsTests {
  /// A log of one partition, whose last checkout is late.
  private func makeLog(in directory: TemporaryDirectory) throws {
    func click(_ id: String, _ time: String) -> String {
      #"{"event_id":"\#(id)","user_id":"u","product_id":"p","timestamp":"2026-11-21T\#(time):00Z"}"#
        + "\n"
    }
    func checkout(_ id: String, _ time: String) -> String {
      #"{"event_id":"\#(id)","user_id":"u","total_amount":1,"timestamp":"2026-11-21T\#(time):00Z"}"#
        + "\n"
    }
    let clicks = click("c1", "11:59") + click("c2", "12:10")
    let checkouts = checkout("k1", "12:00") + checkout("k2", "12:10") + checkout("k3", "10:01")
    try directory.write(clicks, to: "log/clicks/0.jsonl")
    try directory.write(checkouts, to: "log/checkouts/0.jsonl")
  }

  private func text(_ name: String, in directory: TemporaryDirectory) throws -> String {
    try String(contentsOf: directory.url.appendingPathComponent(name), encoding: .utf8)
  }

  private func run(
    into sink: String,
    _ options: [String] = [],
    in directory: TemporaryDirectory
  ) throws -> ProgramRun.Outcome {
    try ProgramRun.run(
      "stream-job",
      ["run", "--from", "file:log", "--into", sink, "--until-end"] + options,
      in: directory
    )
  }

  @Test(arguments: [("csv:out", "; out/late_events.csv lists them"), ("jsonl:-", "")])
  func `late checkouts are told, and not counted as answered`(sink: String, list: String) throws {
    let directory = try TemporaryDirectory()
    try makeLog(in: directory)
    let outcome = try run(into: sink, in: directory)
    #expect(outcome.exitCode == 0)
    let lines = outcome.errorLines
    #expect(
      lines.first
        == "stream-job: warning: 1 late checkouts have no row in \(sink), 0 late clicks count for "
        + "none\(list) hint=run into postgres:, or batch-job attribute on the log's files",
      "\(outcome.errors)"
    )
    #expect(lines.last?.contains("2 checkouts answered, 0 duplicates, 1 late, 0 dead") == true)
    let rows =
      sink == "csv:out" ? try text("out/attributed_checkouts.csv", in: directory) : outcome.output
    #expect(["k1", "k2", "k3"].map { rows.contains($0) } == [true, true, false])
  }

  @Test(arguments: [("--late", "restate"), ("--emit", "early")])
  func `what would revise rows is warned about beside a sink that does not`(
    option: String,
    value: String
  ) throws {
    let directory = try TemporaryDirectory()
    try makeLog(in: directory)
    let warning = "\(option) \(value) is for PostgreSQL: rows in other places are never revised"
    let outcome = try run(into: "csv:out", [option, value], in: directory)
    #expect(outcome.exitCode == 0)
    #expect(outcome.errors.contains(warning))
    // Below the sink's place it was meant for another one.
    try directory.write("\(option.dropFirst(2)): \(value)\n", to: "firstclick.yaml")
    let other = try run(into: "csv:out", in: directory)
    #expect(other.exitCode == 0)
    #expect(!other.errors.contains("is for PostgreSQL"))
  }

  @Test func `a bounded run that is interrupted has failed, and leaves what was there`() throws {
    let directory = try TemporaryDirectory()
    let made = try ProgramRun.run(
      "generator",
      ["--events", "300000", "--to", "file:log"],
      in: directory
    )
    #expect(made.exitCode == 0)
    try directory.write("former\n", to: "out/attributed_checkouts.csv")
    let run = try ProgramRun.start(
      "stream-job",
      ["run", "--from", "file:log", "--into", "csv:out", "--until-end", "--workers", "1"],
      in: directory
    )
    defer { run.end() }
    func names() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/out")
    }
    let deadline = ContinuousClock.now + .seconds(60)
    while try !names().contains(where: { $0.hasSuffix(".part") }), ContinuousClock.now < deadline {
      usleep(1000)
    }
    run.send(SIGTERM)
    let outcome = try run.wait()
    // Where it was done before the signal came, the file is whole.
    if outcome.exitCode == 0 {
      let rows = try text("out/attributed_checkouts.csv", in: directory)
      #expect(rows.split(separator: "\n").count == 50_001)
      return
    }
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.errorLines == [
        "stream-job: interrupted before the log's end: nothing was written to csv:out; "
          + "Run it again, from the log's start; into postgres: a run goes on where it was stopped."
      ]
    )
    #expect(try names() == ["attributed_checkouts.csv"])
    #expect(try text("out/attributed_checkouts.csv", in: directory) == "former\n")
  }

  @Test func `a run that follows the log ends well when it is interrupted`() throws {
    let directory = try TemporaryDirectory()
    try makeLog(in: directory)
    let run = try ProgramRun.start(
      "stream-job",
      ["run", "--from", "file:log", "--into", "jsonl:rows.jsonl"],
      in: directory
    )
    defer { run.end() }
    let rows = { (try? text("rows.jsonl", in: directory)) ?? "" }
    let deadline = ContinuousClock.now + .seconds(60)
    while rows().isEmpty, ContinuousClock.now < deadline { usleep(10_000) }
    run.send(SIGTERM)
    let outcome = try run.wait()
    #expect(outcome.exitCode == 0)
    // The one at 12:10 waits for its watermark.
    #expect(outcome.errorLines.last?.contains("1 checkouts answered") == true, "\(outcome.errors)")
    #expect(rows().contains("k1") && !rows().contains("k2"))
  }
}
