import Foundation
import Testing

/// Settings that exclude each other, given in several places: the highest place wins.
@Suite struct ExclusiveSettingsTests {
  @Test(
    arguments: [
      (["--max-speed"], [:], "rate: 1"),
      (["--every", "1ms"], [:], "rate: 1"),
      (["--batch", "200"], [:], "rate: 1"),
      (["--batch", "100", "--max-speed"], [:], "span: 9h"),
      (["--rate", "1e6"], ["FIRSTCLICK_MAX_SPEED": "true"], "seed: 1"),
      (["--rate", "1e6"], [:], "every: 1h"),
      (["--rate", "1e6"], ["FIRSTCLICK_BATCH": "1"], "every: 1h\n  max-speed: true"),
      ([], ["FIRSTCLICK_MAX_SPEED": "true"], "rate: 1"),
      (["--span", "1s"], [:], "every: 1h"),
      (["--max-speed"], ["FIRSTCLICK_MAX_SPEED": "false"], "rate: 1"),
      // What does not exclude each other adds up.
      (["--max-speed"], [:], "every: 1h"),
    ] as [([String], [String: String], String)]
  )
  func `a pace of the generator replaces those below it`(
    options: [String],
    variables: [String: String],
    settings: String
  ) throws {
    let directory = try TemporaryDirectory()
    try directory.write("generator:\n  \(settings)\n", to: "firstclick.yaml")
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try ProgramRun.run(
      "generator",
      ["--events", "200", "--to", "file:log"] + options,
      in: directory,
      environment: variables
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    // At one event a second, or one batch an hour, it would take minutes.
    #expect(clock.now - start < .seconds(100))
  }

  @Test(arguments: [
    (
      ["FIRSTCLICK_RATE": "5", "FIRSTCLICK_GENERATOR_MAX_SPEED": "yes"], "seed: 1",
      "FIRSTCLICK_RATE and FIRSTCLICK_GENERATOR_MAX_SPEED do not go together"
    ),
    (
      [:], "rate: 5\n  every: 1m",
      "firstclick.yaml:2: rate and firstclick.yaml:3: every do not go together"
    ),
  ])
  func `two in the same place are refused by name`(
    variables: [String: String],
    settings: String,
    message: String
  ) throws {
    let directory = try TemporaryDirectory()
    try directory.write("generator:\n  \(settings)\n", to: "firstclick.yaml")
    let outcome = try ProgramRun.run("generator", in: directory, environment: variables)
    #expect(outcome.exitCode == 2)
    #expect(outcome.errorLines == ["generator: \(message); Leave one of them out."])
  }

  @Test func `what another log has no use for is left out below that log's place`() throws {
    let directory = try TemporaryDirectory()
    let settings = """
      to: kafka://broker:9092/shop
      replication-factor: 3
      create-streams: true
      """
    try directory.write(settings, to: "firstclick.yaml")
    let elsewhere = try ProgramRun.run(
      "generator",
      ["--events", "10", "--to", "file:log"],
      in: directory
    )
    #expect(elsewhere.exitCode == 0, "\(elsewhere.errors)")
    let there = try ProgramRun.run("generator", ["--events", "10"], in: directory)
    #expect(there.exitCode == 2)
    #expect(
      there.errorLines == [
        "generator: firstclick.yaml:3: create-streams is for Kinesis: kafka://broker:9092/shop "
          + "has no use for it; Leave it out."
      ]
    )
  }

  @Test func `a database of the environment replaces files of the config file`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("batch-job:\n  out: rows.csv\n", to: "firstclick.yaml")
    for name in ["clicks", "checkouts"] { try directory.write("", to: "\(name).jsonl") }
    let arguments = ["attribute", "--clicks", "clicks.jsonl", "--checkouts", "checkouts.jsonl"]
    let outcome = try ProgramRun.run(
      "batch-job",
      arguments,
      in: directory,
      environment: ["FIRSTCLICK_INTO": "postgres://127.0.0.1:1/shop"]
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("could not connect to postgres://127.0.0.1:1/shop"))
    let files = try ProgramRun.run("batch-job", arguments, in: directory)
    #expect(files.exitCode == 0, "\(files.errors)")
    #expect(try directory.contents.contains("rows.csv"))
  }

  @Test(arguments: [
    (["FIRSTCLICK_DAILY": "25:00"], "every: 5m", "could not read FIRSTCLICK_DAILY: expected "),
    (
      [:], "every: 5m\n  daily: '02:00'",
      "firstclick.yaml:2: every and firstclick.yaml:3: daily do not go together"
    ),
    (["FIRSTCLICK_DAILY": "02:00"], "every: 5m", "expected --root DIR"),
  ])
  func `a schedule of the environment replaces one of the config file`(
    variables: [String: String],
    settings: String,
    message: String
  ) throws {
    let directory = try TemporaryDirectory()
    try directory.write("batch-job:\n  \(settings)\n", to: "firstclick.yaml")
    let outcome = try ProgramRun.run(
      "batch-job",
      ["pipeline", "run"],
      in: directory,
      environment: variables
    )
    #expect(outcome.exitCode == 2)
    #expect(outcome.errors.hasPrefix("batch-job: \(message)"), "\(outcome.errors)")
  }
}
