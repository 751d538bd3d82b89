import Foundation
import Testing

/// Programs that a shell has started without some of their standard streams, or within limits.
@Suite struct StandardStreamTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Runs a program by a line of the shell, in which it and its arguments are `"$@"`.
  private func run(
    by line: String,
    _ program: String,
    _ arguments: [String]
  ) throws -> ProgramRun.Outcome {
    try ProgramRun.start(
      "/bin/sh",
      ["-c", line, "sh", ProgramRun.path(of: program)] + arguments,
      in: directory
    ).wait()
  }

  @Test(arguments: ["2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
  func `messages without standard error go into no file`(streams: String) throws {
    let outcome = try run(
      by: "exec \"$@\" \(streams)",
      "generator",
      ["--events", "1000", "--seed", "1", "--to", "file:log", "--truth", "truth.csv"]
    )
    // The summary has standard output to go to, or nothing.
    #expect(outcome.exitCode == (streams.contains(">&- 2") ? 1 : 0))
    let names = try FileManager.default.subpathsOfDirectory(atPath: "\(directory.path)/log")
      .filter { $0.hasSuffix(".jsonl") }.map { "log/\($0)" }
    #expect(names.count == 8)
    for name in names + ["truth.csv"] {
      let text = try String(contentsOfFile: "\(directory.path)/\(name)", encoding: .utf8)
      #expect(!text.contains("generator"), "\(name)")
    }
  }

  @Test func `a standard output that is closed is a failure, and no file's place`() throws {
    let outcome = try run(
      by: "exec \"$@\" >&-",
      "generator",
      ["--events", "100", "--to", "file:log"]
    )
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.errorLines.last
        == "generator: could not write to standard output: Bad file descriptor"
    )
  }

  @Test(arguments: [
    ("generator", ["--events", "1000", "--to", "file:big"]),
    ("stream-job", ["run", "--from", "file:log", "--into", "csv:rows", "--until-end"]),
    ("batch-job", ["--out", "answers.csv"]),
  ])
  func `a file that may grow no further is a failure with a line`(
    program: String,
    arguments: [String]
  ) throws {
    for log in ["log", ".firstclick/log"] {
      let generator = try ProgramRun.run(
        "generator",
        ["--events", "1000", "--to", "file:\(log)"],
        in: directory
      )
      try #require(generator.exitCode == 0)
    }
    // In blocks of 512 bytes.
    let outcome = try run(by: "ulimit -f 8; exec \"$@\"", program, arguments)
    #expect(outcome.exitCode == 1)
    let line = try #require(outcome.errorLines.last)
    #expect(line.hasPrefix("\(program): could not ") && line.contains("File too large"), "\(line)")
  }
}
