import Foundation
import Testing

/// The generator as a user runs it.
@Suite struct GeneratorCommandTests {
  @Test func `without arguments it appends 100,000 events, each time others`() throws {
    let directory = try TemporaryDirectory()
    let first = try ProgramRun.run("generator", in: directory)
    #expect(first.exitCode == 0)
    // The share is met to one pick; where that one falls is the fresh seed's choice.
    #expect(first.output.contains(/^wrote 83,33[34] clicks and 16,66[67] checkouts/))
    #expect(first.output.hasSuffix("next: swift run stream-job --until-end\n"))
    let second = try ProgramRun.run("generator", in: directory)
    #expect(second.exitCode == 0)
    #expect(second.output.contains(/^appended 83,33[34] clicks and 16,66[67] checkouts/))
    let lines = try log(".firstclick/log", in: directory).split(separator: "\n")
    #expect(lines.count == 200_000)
    #expect(Set(lines.map { $0.prefix(34) }).count == 200_000)
  }

  @Test func `the same seed and options give the same bytes`() throws {
    let directory = try TemporaryDirectory()
    let options = [
      "--seed", "5", "--events", "2000", "--late", "0.1", "--duplicates", "0.1", "--malformed",
      "0.1", "--orphans", "0.1", "--ties", "0.1", "--edges", "0.1",
    ]
    for name in ["a", "b"] {
      let outcome = try ProgramRun.run(
        "generator",
        options + ["--to", "file:\(name)", "--truth", "\(name).csv"],
        in: directory
      )
      #expect(outcome.exitCode == 0)
    }
    #expect(try log("a", in: directory) == log("b", in: directory))
    #expect(try text("a.csv", in: directory) == text("b.csv", in: directory))
  }

  @Test func `an interrupt ends it with whole lines and exit code 0`() throws {
    let directory = try TemporaryDirectory()
    let run = try ProgramRun.start(
      "generator",
      ["--rate", "2000", "--to", "file:log"],
      in: directory
    )
    defer { run.end() }
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? log("log", in: directory).isEmpty) ?? true, ContinuousClock.now < deadline {
      usleep(10_000)
    }
    run.send(SIGTERM)
    #expect(try run.wait().exitCode == 0)
    #expect(try log("log", in: directory).hasSuffix("}\n"))
  }

  @Test(
    arguments: [
      (["--late", "2"], "the value '2' is invalid for '--late <F>': expected a share from 0 to 1"),
      (["--rate", "0"], nil), (["--start", "yesterday"], nil), (["--events", "-1"], nil),
      (["--bogus"], "unknown option '--bogus'"),
      (["--truth", ""], "the value '' is invalid for '--truth <FILE>': expected some text"),
      (["--rate", "5", "--max-speed"], "--rate and --max-speed do not go together"),
      (["--every", "1m", "--span", "1h"], "--every and --span do not go together"),
      (["--batch", "5", "--rate", "5"], "--rate and --batch do not go together"),
      (
        ["--span", "1h", "--duration", "1s"], "--span needs the number of events to spread over it"
      ),
      (
        ["--span", "36500d", "--start", "9950-01-01T00:00:00Z"], "expected event times in the years"
      ),
      (
        ["--events", "1000000000", "--span", "1s"], "--disorder 30s would keep 1,000,000,000 events"
      ),
      (["--users", "1", "--orphans", "0.5"], "--orphans 0.5 needs 2 users"),
      (["--partitions", "5000"], "expected at most 4096 partitions, found 5000"),
      (
        ["--to", "kinesis://eu-west-1/shop", "--partitions", "2"],
        "--partitions is for files and Kafka: kinesis://eu-west-1/shop has no use for it"
      ),
      (
        ["--to", "kinesis://eu-west-1/shop?endpoint=http://example.com"],
        "endpoint \"http://example.com\" of the stream's URI is not https"
      ),
      (["--to", "kafka://h/shop"], "Kafka URI \"kafka://h/shop\" names the broker \"h\""),
      (["--replication-factor", "0"], nil),
      (
        ["--replication-factor", "2"],
        "--replication-factor is for Kafka: file:.firstclick/log has no use for it"
      ),
      (
        ["--to", "kinesis://eu-west-1/shop", "--replication-factor", "2"],
        "--replication-factor is for Kafka: kinesis://eu-west-1/shop has no use for it"
      ),
      (["--to", "file:log", "--create-streams"], "--create-streams is for Kinesis: file:log"),
      (
        ["--to", "kafka://h:1/shop", "--create-streams"],
        "--create-streams is for Kinesis: kafka://h:1/shop"
      ),
      (["--to", "log"], "stream URI \"log\" has no scheme"),
      (["users", "--into", "csv:x"], "users expected a database, found csv:x"),
    ] as [([String], String?)]
  )
  func `a wrong option is refused before anything is touched`(
    arguments: [String],
    message: String?
  ) throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run("generator", arguments, in: directory)
    #expect(outcome.exitCode == 2)
    #expect(outcome.errorLines.count == 1)
    if let message { #expect(outcome.errors.hasPrefix("generator: " + message)) }
    #expect(try directory.contents.isEmpty)
  }

  @Test func `answers that cannot be written are noticed before the log is touched`() throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run("generator", ["--truth", "no/such.csv"], in: directory)
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.hasPrefix("generator: could not write the answers to \"no/such.csv\""))
    #expect(try directory.contents.isEmpty)
  }

  @Test(arguments: ["clicks/part-00000.jsonl", "checkouts/new.jsonl", "link.csv"])
  func `answers do not go into the log that is written`(name: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write("{}\n", to: "log/clicks/part-00000.jsonl")
    try directory.write("", to: "log/checkouts/part-00000.jsonl")
    try FileManager.default.createSymbolicLink(
      atPath: "\(directory.path)/log/link.csv",
      withDestinationPath: "clicks/part-00000.jsonl"
    )
    let outcome = try ProgramRun.run(
      "generator",
      ["--to", "file:log", "--truth", "log/\(name)"],
      in: directory
    )
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errorLines == [
        "generator: could not write the answers to \"log/\(name)\": it is in the log that is "
          + "written; Name a file elsewhere by --truth."
      ]
    )
    #expect(try log("log", in: directory) == "{}\n")
  }

  @Test func `the event times of the summary are those in the log`() throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run(
      "generator",
      ["--rate", "2000", "--duration", "500ms", "--disorder", "4m", "--late", "0.2"]
        + ["--to", "file:log"],
      in: directory
    )
    let times = try log("log", in: directory).matches(of: #/"timestamp":"([^."]+)/#)
      .map { "\($0.1)Z" }
    let range = "event time \(times.min() ?? "") to \(times.max() ?? ""), seed"
    #expect(outcome.output.contains(range), "\(outcome.output)")
  }

  /// How many there will be is not known: they are 0.1 ms apart from a day ago on.
  @Test func `at full speed a duration makes events from a day ago on`() throws {
    let directory = try TemporaryDirectory()
    let before = Date()
    let outcome = try ProgramRun.run(
      "generator",
      ["--max-speed", "--duration", "1s", "--to", "file:log", "--disorder", "0s"]
        + ["--users", "10", "--products", "10"],
      in: directory
    )
    let times = try #require(outcome.output.firstMatch(of: #/event time (\S+) to (\S+), seed/#))
    let (first, last) = (
      try Date(String(times.1), strategy: .iso8601), try Date(String(times.2), strategy: .iso8601)
    )
    let events = try log("log", in: directory).split(separator: "\n").count
    #expect((before - 86_401...Date() - 86_400).contains(first))
    #expect(abs(last.timeIntervalSince(first) - Double(events) * 1e-4) < 2)
  }

  @Test func `settings come from the environment and the config file`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("events: 600\ngenerator:\n  late: 0.5\n", to: "firstclick.yaml")
    let outcome = try ProgramRun.run(
      "generator",
      in: directory,
      environment: ["FIRSTCLICK_TO": "file:there", "FIRSTCLICK_GENERATOR_LATE": "0.25"]
    )
    #expect(outcome.output.hasPrefix("wrote 500 clicks and 100 checkouts to file:there"))
    #expect(outcome.output.contains("\namong them: 150 late\n"))
  }

  /// Not with all events that would have been due.
  @Test(arguments: [[], ["--start", "2025-01-01T00:00:00Z"]])
  func `a duration ends a run whose rate is out of reach`(times: [String]) throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run(
      "generator",
      ["--rate", "100000000", "--duration", "200ms", "--disorder", "1ms", "--to", "file:log"]
        + ["--users", "10", "--products", "10"] + times,
      in: directory
    )
    let events = try log("log", in: directory).utf8.count { $0 == UInt8(ascii: "\n") }
    #expect(outcome.exitCode == 0)
    #expect(events > 0 && events < 20_000_000)
  }

  @Test func `a rate is kept`() throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run(
      "generator",
      ["--rate", "3000", "--duration", "1500ms", "--to", "file:log"],
      in: directory
    )
    let lines = try log("log", in: directory).split(separator: "\n").count
    #expect(outcome.exitCode == 0)
    #expect(abs(lines - 4500) <= 1)
  }

  private func text(_ name: String, in directory: TemporaryDirectory) throws -> String {
    try String(contentsOf: directory.url.appendingPathComponent(name), encoding: .utf8)
  }

  /// All files of a log, one behind another; they may hold bytes that are no text.
  private func log(_ name: String, in directory: TemporaryDirectory) throws -> String {
    try ["clicks", "checkouts"].flatMap { stream in
      let path = "\(directory.path)/\(name)/\(stream)"
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map {
        String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\($0)")), as: UTF8.self)
      }
    }.joined()
  }
}
