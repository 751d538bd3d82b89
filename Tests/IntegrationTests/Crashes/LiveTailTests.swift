import Foundation
import Testing

/// The job behind a log that grows while it reads.
@Suite struct LiveTailTests {
  @Test(arguments: [2, 4])
  func `SIGTERM commits what was read, soon`(partitions: Int) throws {
    let trial = try JobTrial()
    let producer = try trial.start(
      "generator",
      [
        "--to", "file:log", "--rate", "20000", "--duration", "5m", "--users", "500",
        "--partitions", "\(partitions)", "--seed", "\(partitions)", "--truth", "truth.csv",
      ] + JobTrial.flaws
    )
    try trial.wait(for: producer) { try trial.directory.contents.contains("log") }
    usleep(200_000)
    for _ in 0..<3 {
      let job = try trial.startJob()
      let before = try trial.committedRecords()
      try trial.wait(for: job) { try trial.committedRecords() > before + 2_000 }
      try expectDrained(job, trial, after: before)
    }
    producer.send(SIGTERM)
    let outcome = try producer.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectRightEnd()
  }

  /// Interrupts the job, and expects that every record it says it has read is committed.
  private func expectDrained(_ job: ProgramRun, _ trial: JobTrial, after before: Int) throws {
    let request = ContinuousClock.now
    job.send(SIGTERM)
    let outcome = try job.wait()
    // Longer than the job takes, for a machine under load.
    #expect(ContinuousClock.now - request < .seconds(15))
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let verdict = try trial.expectLaw()
    let summary = try #require(outcome.errorLines.last)
    let words = summary.split(separator: " ")
    try #require(words.count > 3 && words[2...3] == ["events", "in"], "\(summary)")
    #expect(Int(words[1].filter(\.isNumber)).map { $0 + before } == verdict.records)
  }

  @Test func `a line that is not whole yet is not read`() throws {
    let trial = try JobTrial()
    try trial.generate(events: 5_000, partitions: 2, seed: 51, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    let job = try trial.startJob(JobTrial.smallCommits)
    for share in [0.1, 0.3, 0.5] {
      try feed.deliver(upTo: share)
      // Into the first line, then further: the job reads everything else meanwhile.
      for byteCount in [1, 20] {
        try feed.deliverPartOfALine(byteCount: byteCount)
        try trial.wait(for: job) { try trial.committedRecords() == feed.lineCount }
      }
      usleep(100_000)
      #expect(try trial.committedRecords() == feed.lineCount)
    }
    job.send(SIGTERM)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectLaw()
    try feed.deliver(upTo: 1)
    try trial.expectRightEnd()
  }

  @Test(arguments: ["early", "final"])
  func `answers of a flush are revised as the log grows`(emission: String) throws {
    let trial = try JobTrial()
    try trial.generate(events: 40_000, partitions: 3, seed: 52, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    for share in [0.2, 0.45, 0.46, 0.8] {
      try feed.deliver(upTo: share)
      let outcome = try trial.runJob(["--emit", emission])
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      let verdict = try trial.expectLaw()
      #expect(verdict.records == feed.lineCount && verdict.pending == 0)
    }
    try feed.deliver(upTo: 1)
    try trial.expectRightEnd(["--emit", emission])
    let revised = try trial.query(
      "SELECT count(*) > 10 FROM ecommerce.attributed_checkouts WHERE revision > 0"
    )
    #expect(revised == [["t"]])
  }
}
