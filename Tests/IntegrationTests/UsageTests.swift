import Connect
import Foundation
import Programs
import Testing

/// What is refused before anything is touched: exit code 2 and one line.
@Suite struct UsageTests {
  @Test(arguments: [
    (["run", "--windw", "1h"], "unknown option '--windw'. Did you mean '--window'?"),
    (["--frobnicate"], "unknown option '--frobnicate'"),
    (["frobnicate"], "unexpected argument 'frobnicate'"),
    (
      ["run", "--window", "soon"],
      "the value 'soon' is invalid for '--window <D>': expected a duration such as 90s, 5m, 1h or 1d, "
        + "up to 100 years"
    ),
    (
      ["run", "--emit", "late"],
      "the value 'late' is invalid for '--emit <WHEN>': expected early or final"
    ),
    (
      ["run", "--workers", "0"],
      "the value '0' is invalid for '--workers <N>': expected a whole number from 1 on"
    ),
    (
      ["run", "--late-memory", "0"],
      "the value '0' is invalid for '--late-memory <BYTES>': "
        + "expected a size such as 32MiB, 500kB or 1000000"
    ),
  ])
  func `a wrong option is refused in one line`(arguments: [String], message: String) throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run("stream-job", arguments, in: directory)
    #expect(outcome.exitCode == 2)
    #expect(outcome.errorLines == ["stream-job: \(message); See `stream-job --help`."])
    #expect(outcome.output.isEmpty)
    #expect(try directory.contents.isEmpty)
  }

  @Test func `messages that cannot be written change no exit code`() throws {
    let process = try ChildProcess(
      "env",
      words: ["env", ProgramRun.path(of: "stream-job"), "--frobnicate"],
      input: .file("/dev/null", O_RDONLY),
      output: .file("/dev/null", O_WRONLY),
      errors: .file("/dev/full", O_WRONLY)
    )
    #expect(try process.waitForEnd() == 2)
  }

  @Test(arguments: [
    ("generator", ["--events", "10", "--to", "file:log"]), ("generator", ["--help"]),
    ("stream-job", ["address", "--into", "postgres://h/d"]),
    ("stream-job", ["doctor", "--from", "file:log", "--into", "postgres://127.0.0.1:1/d"]),
    ("batch-job", ["--version"]),
  ])
  func `output that cannot be written is a failure`(program: String, arguments: [String]) throws {
    let directory = try TemporaryDirectory()
    let errors = directory.url.appendingPathComponent("errors").path
    let process = try ChildProcess(
      "env",
      words: ["env", "-C", directory.path, ProgramRun.path(of: program)] + arguments,
      input: .file("/dev/null", O_RDONLY),
      output: .file("/dev/full", O_WRONLY),
      errors: .file(errors, O_WRONLY | O_CREAT)
    )
    #expect(try process.waitForEnd() == 1)
    let line = "\(program): could not write to standard output: No space left on device"
    #expect(try String(contentsOfFile: errors, encoding: .utf8).contains("\(line)\n"))
  }

  @Test(arguments: [
    (["--from", "log"], "stream URI \"log\" has no scheme; write file:log for a directory"),
    (
      ["--from", "ftp:log"],
      "stream URI \"ftp:log\" has the scheme \"ftp\"; write file:DIR, kafka://HOST:PORT/PREFIX or "
        + "kinesis://REGION/PREFIX"
    ),
    (
      ["--into", "mysql://h/d"],
      "sink URI \"mysql://h/d\" is of no known form; write postgres://HOST/DATABASE, "
        + "service=NAME, csv:DIR, jsonl:FILE or jsonl:-"
    ),
  ])
  func `a bad URI is refused`(arguments: [String], message: String) throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run("stream-job", ["run"] + arguments, in: directory)
    #expect(outcome.exitCode == 2)
    #expect(outcome.errorLines == ["stream-job: \(message)"])
    #expect(try directory.contents.isEmpty)
  }

  @Test(
    arguments: ["stream-job", "generator", "batch-job"],
    [
      "postgres://u:hunter2@h/d", "service=x&password=hunter2", "postgres://u:hun?ter2@h/d",
      "postgres://h/d?dbname=postgres%3A%2F%2Fu%3Ahunter2%40h%2Fd",
    ]
  )
  func `a password on the command line is refused and not repeated`(
    program: String,
    address: String
  ) throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run(
      program,
      ["--into", address],
      in: directory
    )
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errorLines == [
        "\(program): expected no password on the command line, found one in a PostgreSQL address; "
          + "Give it in DATABASE_URL, PGPASSWORD, PGPASSFILE or FIRSTCLICK_PASSWORD_FILE."
      ]
    )
    #expect(try directory.contents.isEmpty)
  }

  @Test(arguments: ["stream-job", "generator", "batch-job"])
  func `help and version are no errors`(program: String) throws {
    let directory = try TemporaryDirectory()
    let help = try ProgramRun.run(program, ["--help"], in: directory)
    #expect(help.exitCode == 0)
    #expect(help.output.contains("USAGE: \(program)"))
    #expect(help.errors.isEmpty)
    let version = try ProgramRun.run(program, ["--version"], in: directory)
    #expect(version.exitCode == 0)
    #expect(version.output == "0.1.0\n")
  }

  @Test(arguments: ["run", "start", "doctor"])
  func `a command that takes files says so of --into`(command: String) throws {
    let help = try help("stream-job", command)
    #expect(help.contains("postgres://..., csv:DIR, jsonl:FILE or jsonl:-."))
  }

  @Test(arguments: ["verify", "status", "migrate", "address"])
  func `a command that takes a database alone says so of --into`(command: String) throws {
    let help = try help("stream-job", command)
    #expect(help.contains("Database: postgres://..."))
    #expect(!help.contains("csv:") && !help.contains("jsonl:"))
  }

  @Test(arguments: [
    ("stream-job", "3 verify found a difference; 130 second interrupt."),
    ("generator", "130 second interrupt."),
    ("batch-job", "130 interrupted: no file or table was written."),
  ])
  func `the help lists the exit codes`(program: String, others: String) throws {
    #expect(try help(program).contains("Exit codes: 0 done; 1 failed; 2 usage; \(others)"))
  }

  @Test(arguments: [
    (
      ProgramSettings.streamJob,
      ["run", "migrate", "verify", "status", "start", "stop", "address", "doctor"],
      ["json", "watch", "check"], []
    ),
    (.generator, ["run", "users"], [], []),
    (
      .batchJob,
      [
        "attribute", "kpis", "pipeline run", "pipeline status", "pipeline start", "pipeline stop",
        "pipeline unlock",
      ],
      ["once", "runs", "json", "force"],
      ["clicks", "checkouts", "orders", "order-items", "products"]
    ),
  ])
  func `every option is a setting but those that the help excepts`(
    program: ProgramSettings,
    commands: [String],
    flags: [String],
    files: [String]
  ) throws {
    var options: Set<String> = []
    for command in commands {
      let words = command.split(separator: " ").map(String.init) + ["--help"]
      let outcome = try ProgramRun.run(program.name, words, in: TemporaryDirectory())
      for line in outcome.output.split(separator: "\n") where line.hasPrefix("  --") {
        options.insert(String(line.dropFirst(4).prefix { !" /<".contains($0) }))
      }
    }
    options.subtract(program.keys.union(["config", "version"]))
    #expect(options == Set(flags + files))
    let sentence = try help(program.name)
    for flag in flags { #expect(sentence.contains("--\(flag)")) }
  }

  /// The help of a command, lines joined.
  private func help(_ program: String, _ command: String...) throws -> String {
    let outcome = try ProgramRun.run(program, command + ["--help"], in: TemporaryDirectory())
    #expect(outcome.exitCode == 0)
    return outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func `a log that is missing is named, and nothing is made`() throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run("stream-job", in: directory)
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(".firstclick/log"))
    #expect(try directory.contents.isEmpty)
  }

  @Test func `an unknown key in the config file is refused by file, line and key`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("window: 1h\nwatermrk: 5m\n", to: "firstclick.yaml")
    let outcome = try ProgramRun.run("stream-job", ["run"], in: directory)
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errorLines == [
        "stream-job: firstclick.yaml:2: watermrk is no setting of any program; "
          + "Settings are named like the options, see --help."
      ]
    )
  }

  @Test func `a key that stands twice in the config file is refused by line and key`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("window: 1h\nfrom: file:a\nfrom: file:b\n", to: "firstclick.yaml")
    let outcome = try ProgramRun.run("stream-job", ["run"], in: directory)
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errorLines == [
        "stream-job: could not read the config file firstclick.yaml:2: from: expected each key "
          + "once, found it again below"
      ]
    )
  }

  @Test func `options go before the environment, and that before the config file`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("from: file:of-the-file\n", to: "firstclick.yaml")
    let variables = ["FIRSTCLICK_FROM": "file:of-the-environment"]
    let file = try ProgramRun.run("stream-job", in: directory)
    #expect(file.errors.contains("\"of-the-file\""))
    let environment = try ProgramRun.run("stream-job", in: directory, environment: variables)
    #expect(environment.errors.contains("\"of-the-environment\""))
    let option = try ProgramRun.run(
      "stream-job",
      ["--from", "file:of-the-option"],
      in: directory,
      environment: variables
    )
    #expect(option.errors.contains("\"of-the-option\""))
  }

  @Test func `batch-job without arguments attributes the log that the generator made`() throws {
    let directory = try TemporaryDirectory()
    let nothing = try ProgramRun.run("batch-job", in: directory)
    #expect(nothing.exitCode == 1)
    #expect(nothing.errors.contains(".firstclick/log/clicks"), "\(nothing.errors)")
    let generator = try ProgramRun.run(
      "generator",
      ["--events", "2000", "--max-speed", "--truth", "truth.csv"],
      in: directory
    )
    try #require(generator.exitCode == 0, "\(generator.errors)")
    let outcome = try ProgramRun.run("batch-job", in: directory)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    // Its first seven columns are those of the truth file.
    let truth = try String(
      contentsOf: directory.url.appendingPathComponent("truth.csv"),
      encoding: .utf8
    )
    let answers = Set(outcome.output.split(separator: "\n").dropFirst().map(Self.shared))
    let expected = Set(truth.split(separator: "\n").dropFirst().map(Self.shared))
    #expect(!expected.isEmpty && answers == expected)
  }

  /// checkout_id, attributed_click_id and clicks_in_window, which both files spell alike.
  private static func shared(_ row: Substring) -> [Substring] {
    let cells = row.split(separator: ",", omittingEmptySubsequences: false)
    return [cells[0], cells[3], cells[5]]
  }
}
