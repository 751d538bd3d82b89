import Foundation
import TestSupport
import Testing

/// The local broker as another process.
@Suite struct LocalBrokerProgramTests {
  @Test func `it prints its address, obeys commands and ends at a signal`() throws {
    let directory = try TemporaryDirectory()
    let commands = directory.url.appending(path: "commands").path
    try #require(mkfifo(commands, 0o600) == 0)
    // Open for both, so that neither side waits for the other.
    let pipe = open(commands, O_RDWR | O_CLOEXEC)
    defer { close(pipe) }
    let run = try ProgramRun.start(
      "local-broker",
      ["--brokers", "2", "--prefix", "a", "b", "--topics", "c", "--partitions", "3"],
      in: directory,
      input: commands
    )
    defer { run.end() }
    let bootstrap = try #require(try Self.lines(1, of: run).first)
    #expect(bootstrap.contains(/^127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/))
    let reader = try TopicReader(bootstrap)
    for topic in ["a-clicks", "a-checkouts", "b-clicks", "b-checkouts", "c"] {
      #expect(try reader.messages(of: topic).count == 3)
    }
    let lines = [
      "down 1", "up all", "latency 2 20ms", "error fetch NOT_LEADER_FOR_PARTITION 3",
      "topic d 5", "topic-error c UNKNOWN_TOPIC_OR_PART", "topic-error c none", "leader d 0 2",
      "down 3", "explode",
    ]
    let text = lines.joined(separator: "\n") + "\n"
    #expect(write(pipe, text, text.utf8.count) == text.utf8.count)
    let answers = try Self.lines(1 + lines.count, of: run).dropFirst()
    #expect(answers.prefix(8).allSatisfy { $0 == "ok" })
    #expect(answers.dropFirst(8).first == "no: there is no broker 3: expected 1 to 2")
    #expect(answers.last?.hasPrefix("no: could not read the command \"explode\"; write ") == true)
    #expect(try reader.messages(of: "d").count == 5)
    run.send(SIGTERM)
    #expect(try run.wait().exitCode == 0)
  }

  @Test(arguments: [["--brokers", "0"], ["--brokers", "101"], ["--partitions", "x"], ["there"]])
  func `a wrong option is refused`(arguments: [String]) throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run("local-broker", arguments, in: directory)
    #expect(outcome.exitCode == 2)
    #expect(outcome.errorLines.count == 1)
  }

  /// Waits until the program has written so many lines.
  private static func lines(_ count: Int, of run: ProgramRun) throws -> [String] {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let output = try run.outputSoFar()
      let lines = output.split(separator: "\n").map(String.init)
      if lines.count >= count, output.hasSuffix("\n") { return lines }
      try #require(ContinuousClock.now < deadline, "found only \(lines)")
      usleep(10_000)
    }
  }
}
