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
    try trial.generate(events: 150_000, partitions: 4, seed: course.seed)
    var random = SplitMix64(seed: UInt64(course.seed))
    var kills = 0
    for run in 0..<Self.killCount {
      let job = try trial.startJob([
        "--until-end", "--emit", course.emissions[run % course.emissions.count],
        "--late", course.latePolicy, "--workers", "\(run % 4 + 1)",
        "--commit-interval", "\(Int.random(in: 1...30, using: &random))ms",
      ])
      usleep(.random(in: 30_000...450_000, using: &random))
      job.send(SIGKILL)
      let outcome = try job.wait()
      #expect([0, 128 + SIGKILL].contains(outcome.exitCode), "\(outcome.errors)")
      if outcome.exitCode != 0 { kills += 1 }
      if run == Self.killCount / 2 { try trial.expectLaw() }
    }
    #expect(kills >= Self.killCount / 2, "the log was over too soon")
    try trial.expectRightEnd(
      ["--emit", course.emissions[0], "--late", course.latePolicy],
      isTruthComparable: course.latePolicy == "restate"
    )
  }
}
