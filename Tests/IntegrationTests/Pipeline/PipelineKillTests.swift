import Foundation
import InboxPipeline
import Testing

/// The pipeline killed at every named point of a run, and then let go on.
@Suite struct PipelineKillTests {
  private let trial: PipelineTrial

  init() throws {
    trial = try PipelineTrial()
    try trial.putShop()
  }

  @Test(arguments: PipelineFaultPoint.allCases.filter { $0 != .lostCommitAck })
  func `after a kill the next run does what is left, once`(point: PipelineFaultPoint) throws {
    let killed = try trial.run(environment: ["FIRSTCLICK_CRASH_AT": point.rawValue])
    #expect(killed.exitCode == 128 + SIGKILL, "\(killed.errors)")
    let next = try trial.run()
    #expect(next.exitCode == 0, "\(next.errors)")
    try trial.expectShop()
    // And nothing is left to do.
    #expect(try trial.run().errors.contains("nothing waits in the inbox"))
    try trial.expectShop()
  }

  @Test func `kills in a row take no file out and lose none`() throws {
    let points: [PipelineFaultPoint] = [
      .validated, .staged, .beforeCommit, .beforeCommit, .transformed, .afterCommit, .recovered,
      .movedOne, .reported, .notified,
    ]
    for point in points {
      let killed = try trial.run(environment: ["FIRSTCLICK_CRASH_AT": point.rawValue])
      #expect([0, 128 + SIGKILL].contains(killed.exitCode), "\(point): \(killed.errors)")
    }
    #expect(try trial.run().exitCode == 0)
    try trial.expectShop()
    #expect(try trial.names(in: "dead").isEmpty)
  }

  @Test func `a lost answer to COMMIT is asked for and nothing written twice`() throws {
    let outcome = try trial.run(environment: ["FIRSTCLICK_CRASH_AT": "pipeline-lost-commit-ack"])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectShop()
    #expect(try trial.results().count == 1)
  }

  @Test func `a run that died before its commit is reported as failed by the next`() throws {
    _ = try trial.run(environment: ["FIRSTCLICK_CRASH_AT": "pipeline-staged"])
    #expect(try trial.results().isEmpty)
    #expect(try trial.run().exitCode == 0)
    let results = try trial.results()
    #expect(results.map { $0["status"] as? String } == ["FAILED", "SUCCEEDED"])
    let error = results[0]["error"] as? [String: Any]
    #expect(error?["message"] as? String == "the process ended before it had committed")
  }

  @Test(arguments: [1, 3, 7, 20, 60, 150, 400])
  func `a kill at any moment leaves a run that can be done again`(
    milliseconds: UInt32
  ) throws {
    for factor in 1...4 as ClosedRange<UInt32> {
      let run = try trial.start()
      usleep(milliseconds * 1000 * factor)
      run.end()
    }
    #expect(try trial.run().exitCode == 0)
    try trial.expectShop()
  }
}
