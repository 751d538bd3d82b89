import Foundation
import Testing

/// batch-job attribute as a user runs it.
@Suite struct AttributeCommandTests {
  private func text(_ name: String, in directory: TemporaryDirectory) throws -> String {
    try String(contentsOf: directory.url.appendingPathComponent(name), encoding: .utf8)
  }

  /// A log of the generator, with everything in it that may go wrong, and its truth.
  private func generate(_ events: Int, in directory: TemporaryDirectory) throws {
    let made = try ProgramRun.run(
      "generator",
      [
        "--events", "\(events)", "--seed", "3", "--max-speed", "--to", "file:log", "--truth",
        "truth.csv", "--disorder", "4m", "--late", "0.01", "--duplicates", "0.02", "--orphans",
        "0.02", "--malformed", "0.01", "--ties", "0.05", "--edges", "0.05",
      ],
      in: directory
    )
    #expect(made.exitCode == 0)
  }

  @Test func `its answers are the generator's truth`() throws {
    let directory = try TemporaryDirectory()
    try generate(40_000, in: directory)
    let run = try ProgramRun.run(
      "batch-job",
      [
        "attribute", "--clicks", "log/clicks/*.jsonl", "--checkouts", "log/checkouts/*.jsonl",
        "--out", "out.csv",
      ],
      in: directory
    )
    #expect(run.exitCode == 0, "\(run.errors)")
    let columns = try text("out.csv", in: directory).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).prefix(7).joined(separator: ",")
    }
    let truth = try text("truth.csv", in: directory).split(separator: "\n").map(String.init)
    #expect(columns.first == truth.first)
    #expect(columns.sorted() == truth.sorted())
    #expect(
      run.errorLines.last?.contains("400 rows that do not fit") == true,
      "\(run.errors)"
    )
    #expect(run.errors.contains("warning: log/clicks/"))
  }

  @Test func `without a destination it fills the private database, and verify holds`() throws {
    let directory = try TemporaryDirectory()
    defer { _ = try? ProgramRun.run("stream-job", ["stop"], in: directory) }
    try generate(5000, in: directory)
    let arguments = [
      "attribute", "--clicks", "log/clicks/*.jsonl", "--checkouts", "log/checkouts/*.jsonl",
    ]
    let run = try ProgramRun.run("batch-job", arguments, in: directory)
    #expect(run.exitCode == 0, "\(run.errors)")
    let verify = try ProgramRun.run("stream-job", ["verify"], in: directory)
    #expect(verify.exitCode == 0, "\(verify.output)")
    let again = try ProgramRun.run("batch-job", arguments, in: directory)
    #expect(again.exitCode == 0)
    #expect(again.errors == "batch-job: these files are stored already: nothing to do\n")
  }

  @Test func `an interrupt leaves nothing behind`() throws {
    let directory = try TemporaryDirectory()
    try generate(300_000, in: directory)
    let run = try ProgramRun.start(
      "batch-job",
      [
        "attribute", "--clicks", "log/clicks/*.jsonl", "--checkouts", "log/checkouts/*.jsonl",
        "--workers", "1", "--out", "out.csv",
      ],
      in: directory
    )
    defer { run.end() }
    let deadline = ContinuousClock.now + .seconds(60)
    func names() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: directory.path)
    }
    while try !names().contains(where: { $0.hasPrefix("out.csv") }), ContinuousClock.now < deadline
    {
      usleep(1000)
    }
    run.send(SIGINT)
    let outcome = try run.wait()
    // Where it was done before the signal came, the file is whole.
    #expect(outcome.exitCode == 130 || outcome.exitCode == 0)
    #expect(try !names().contains { $0.hasSuffix(".part") })
    #expect(try names().contains("out.csv") == (outcome.exitCode == 0))
  }

  @Test(
    arguments: [
      (["--clicks", "a", "--out", "o.csv"], "expected both --clicks and --checkouts"),
      (["--clicks", "a", "--checkouts", "b", "--out", "o", "--into", "postgres://h/d"], "both"),
      (["--clicks", "a", "--checkouts", "b", "--memory", "1kB"], "expected 32MiB at least"),
      (["--clicks", "a", "--checkouts", "b", "--window", "500ms"], "expected whole seconds"),
      (["--clicks", "a", "--checkouts", "b", "--into", "csv:d"], "expected a database"),
      (["--clicks", "", "--checkouts", "b", "--out", "o.csv"], "found an empty one"),
    ]
  )
  func `options that cannot be are refused with exit code 2`(
    options: [String],
    expected: String
  ) throws {
    let directory = try TemporaryDirectory()
    let run = try ProgramRun.run("batch-job", ["attribute"] + options, in: directory)
    #expect(run.exitCode == 2)
    #expect(run.errors.contains(expected), "\(run.errors)")
    #expect(run.errorLines.count == 1)
  }

  /// A log with one checkout, where the programs look for it.
  private func makeDefaultLog(in directory: TemporaryDirectory) throws {
    try directory.write("", to: ".firstclick/log/clicks/0.jsonl")
    try directory.write(
      #"{"event_id":"k1","user_id":"u","timestamp":"2026-11-21T08:15:30Z","total_amount":1}"#
        + "\n",
      to: ".firstclick/log/checkouts/0.jsonl"
    )
  }

  @Test(arguments: [
    ([:], "", "", ""), (["FIRSTCLICK_OUT": "e.csv"], "out: f.csv\n", "", "e.csv"),
    ([:], "out: f.csv\n", "", "f.csv"), (["FIRSTCLICK_OUT": "e.csv"], "", "o.csv", "o.csv"),
  ])
  func `without files it writes where any layer of settings says, else to standard output`(
    variables: [String: String],
    settings: String,
    option: String,
    expected: String
  ) throws {
    let directory = try TemporaryDirectory()
    try makeDefaultLog(in: directory)
    try directory.write(settings, to: "firstclick.yaml")
    let run = try ProgramRun.run(
      "batch-job",
      ["attribute"] + (option.isEmpty ? [] : ["--out", option]),
      in: directory,
      environment: variables
    )
    #expect(run.exitCode == 0, "\(run.errors)")
    let rows = expected.isEmpty ? run.output : try text(expected, in: directory)
    #expect(rows.contains("\nk1,u,"))
    #expect(run.output.isEmpty != expected.isEmpty)
  }

  @Test func `without files it refuses a destination of the environment that is none`() throws {
    let directory = try TemporaryDirectory()
    try makeDefaultLog(in: directory)
    let run = try ProgramRun.run(
      "batch-job",
      in: directory,
      environment: ["FIRSTCLICK_INTO": "csv:d"]
    )
    #expect(run.exitCode == 2)
    #expect(run.errors.hasPrefix("batch-job: batch-job attribute expected a database, found csv:d"))
    #expect(run.output.isEmpty)
  }

  @Test func `a file that is read is not written to`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("event_id,user_id,timestamp,product_id\n", to: "c.csv")
    try directory.write("event_id,user_id,timestamp,total_amount\n", to: "k.csv")
    let run = try ProgramRun.run(
      "batch-job",
      ["attribute", "--clicks", "c.csv", "--checkouts", "k.csv", "--out", "./c.csv"],
      in: directory
    )
    #expect(run.exitCode == 2)
    #expect(
      run.errors
        == "batch-job: could not write to ./c.csv: c.csv is to be read; Name another file by --out.\n"
    )
    #expect(try text("c.csv", in: directory) == "event_id,user_id,timestamp,product_id\n")
  }

  @Test func `a file that is not there is named, and nothing is made`() throws {
    let directory = try TemporaryDirectory()
    let run = try ProgramRun.run(
      "batch-job",
      ["attribute", "--clicks", "no.csv", "--checkouts", "no.csv"],
      in: directory
    )
    #expect(run.exitCode == 1)
    #expect(run.errors.hasPrefix("batch-job: could not open \"no.csv\": No such file"))
    #expect(
      !FileManager.default.fileExists(
        atPath: directory.url.appendingPathComponent(".firstclick").path
      )
    )
  }

  @Test func `a header without a column is refused, and nothing is made`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("event_id,user_id,timestamp\n", to: "h.csv")
    let run = try ProgramRun.run(
      "batch-job",
      ["attribute", "--clicks", "h.csv", "--checkouts", "h.csv"],
      in: directory
    )
    #expect(run.exitCode == 1)
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains("h.csv") && run.errors.contains("product_id"), "\(run.errors)")
    #expect(try directory.contents == ["h.csv"])
  }
}
