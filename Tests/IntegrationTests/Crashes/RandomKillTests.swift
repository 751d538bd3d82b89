import Foundation
import TestSupport
import Testing

/// The job killed at random moments, and restarted with another number of workers each time.
@Suite struct RandomKillTests {
  private static let killCount = 12

  struct Course: CustomTestStringConvertible {
    var seed: Int
    /// Taken in turn, one a run.
    var emissions: [String]
    var latePolicy: String
    var testDescription: String { "\(emissions.joined(separator: "/")), \(latePolicy)" }
  }

  @Test(arguments: [
    Course(seed: 1, emissions: ["early"], latePolicy: "restate"),
    Course(seed: 2, emissions: ["final"], latePolicy: "restate"),
    Course(seed: 3, emissions: ["early"], latePolicy: "drop"),
    Course(seed: 4, emissions: ["final"], latePolicy: "drop"),
    Course(seed: 5, emissions: ["early", "final", "final"], latePolicy: "restate"),
  ])
  func `a job killed again and again ends with the right answers`(course: Course) throws {
    let trial = try JobTrial()
    try trial.generate(events: 150_000, partitions: 4, seed: course.seed, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    var random = SplitMix64(seed: UInt64(course.seed))
    for run in 0..<Self.killCount {
      try feed.deliver(upTo: Double(run + 1) / Double(Self.killCount))
      // Every other job has reached the end of its log, perhaps, and flushed.
      let isBounded = run % 2 == 1
      let job = try trial.startJob(
        [
          "--emit", course.emissions[run % course.emissions.count], "--late", course.latePolicy,
          "--workers", "\(run % 4 + 1)",
          "--commit-interval", "\(Int.random(in: 1...30, using: &random))ms",
        ] + (isBounded ? ["--until-end"] : [])
      )
      usleep(.random(in: 30_000...450_000, using: &random))
      job.send(SIGKILL)
      let outcome = try job.wait()
      let expected = [128 + SIGKILL] + (isBounded ? [0] : [])
      #expect(expected.contains(outcome.exitCode), "\(outcome.errors)")
      if run == Self.killCount / 2 { try trial.expectLaw() }
    }
    try trial.expectRightEnd(
      ["--emit", course.emissions[0], "--late", course.latePolicy],
      isTruthComparable: course.latePolicy == "restate"
    )
  }
}
