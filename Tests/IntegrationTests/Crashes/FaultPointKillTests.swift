import Foundation
import PostgresConnect
import Testing

/// The job killed at every named point of a commit, several times, and then let go on.
@Suite struct FaultPointKillTests {
  private let trial: JobTrial

  init() throws {
    trial = try JobTrial()
    try trial.generate(events: 20_000, partitions: 2, seed: 11)
  }

  @Test(arguments: FaultPoint.allCases.filter { $0 != .lostCommitAck }, ["early", "final"])
  func `a job killed at a point of its commits goes on exactly`(
    point: FaultPoint,
    emission: String
  ) throws {
    let options = ["--emit", emission] + JobTrial.smallCommits
    for (run, pass) in [1, 4, 3].enumerated() {
      let outcome = try trial.runJob(
        options + ["--workers", "\(run % 2 + 1)"],
        environment: ["FIRSTCLICK_CRASH_AT": "\(point.rawValue):\(pass)"]
      )
      #expect(outcome.exitCode == 128 + SIGKILL, "\(outcome.errors)")
    }
    try trial.expectLaw()
    #expect(try trial.commitCount() > 1)
    try trial.expectRightEnd(options)
  }

  @Test(arguments: [1, 2, 7])
  func `a lost answer to COMMIT is asked for and nothing written twice`(pass: Int) throws {
    let outcome = try trial.runJob(
      JobTrial.smallCommits,
      environment: ["FIRSTCLICK_CRASH_AT": "\(FaultPoint.lostCommitAck.rawValue):\(pass)"]
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("lost the connection"))
    #expect(outcome.errors.contains("during COMMIT"))
    try trial.expectLaw()
    try trial.expectTruth()
  }
}
