import Foundation
import TestSupport
import Testing

/// Workers killed and frozen while the group moves tasks between them.
@Suite(.mostlyWaits) struct KafkaRebalanceTests {
  @Test(arguments: [1, 2] as [UInt64])
  func `workers killed at random while 1, 3, 2 and 1 of them run`(seed: UInt64) throws {
    let trial = try KafkaTrial(brokers: 3)
    var random = SplitMix64(seed: seed)
    let generator = try trial.startGenerator(events: 30_000, seed: 70 + Int(seed), rate: 2000)
    var workers: [ProgramRun] = []
    for count in [1, 3, 2, 1] {
      while workers.count < count {
        workers.append(
          try trial.startWorker([
            "--commit-interval", "\(Int.random(in: 5...100, using: &random))ms",
          ])
        )
      }
      usleep(.random(in: 2_000_000...4_000_000, using: &random))
      // The others are in the middle of a rebalance when the next one dies.
      while workers.count > max(0, count - 1) {
        let victim = workers.remove(at: Int.random(in: workers.indices, using: &random))
        victim.send(SIGKILL)
        #expect(try victim.wait().exitCode == 128 + SIGKILL)
        usleep(.random(in: 0...300_000, using: &random))
      }
      try trial.job.expectLaw()
    }
    workers.forEach { $0.send(SIGKILL) }
    let outcome = try generator.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectRightEnd()
  }

  @Test func `a worker that was frozen beyond its session is fenced and takes part again`() throws {
    let trial = try KafkaTrial()
    let sleeper = try trial.startWorker()
    let other = try trial.startWorker()
    try trial.waitForEvenTasks([sleeper, other])
    let generator = try trial.startGenerator(events: 20_000, seed: 73, rate: 4000)
    try trial.job.wait(for: sleeper) { try trial.job.committedRecords() > 1000 }
    sleeper.send(SIGSTOP)
    try trial.waitForEvenTasks([other])
    let outcome = try generator.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.job.expectLaw()
    sleeper.send(SIGCONT)
    try trial.waitForEvenTasks([sleeper, other])
    let errors = try sleeper.errorsSoFar()
    #expect(
      errors.contains("tasks lost") || errors.contains("another worker has taken the task over"),
      "\(errors)"
    )
    try trial.stop([sleeper, other])
    try trial.expectRightEnd()
  }

  @Test(arguments: ["after-attributions", "before-commit"])
  func `a worker frozen in the middle of a commit holds nobody up`(point: String) throws {
    let trial = try KafkaTrial()
    let sleeper = try trial.startWorker(environment: ["FIRSTCLICK_FREEZE_AT": "\(point):9"])
    try trial.waitForEvenTasks([sleeper])
    let generator = try trial.startGenerator(events: 12_000, seed: 74, rate: 4000)
    // Frozen threads answer to nobody: the process has stopped as a whole.
    try trial.job.wait(for: sleeper) { sleeper.isStopped }
    let other = try trial.startWorker()
    try trial.waitForEvenTasks([other])
    let outcome = try generator.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.job.wait(for: other) { try trial.job.committedRecords() > 11_000 }
    sleeper.send(SIGCONT)
    try trial.waitForEvenTasks([sleeper, other])
    try trial.stop([sleeper, other])
    try trial.expectRightEnd()
  }
}

extension ProgramRun {
  /// True while a signal has stopped it.
  fileprivate var isStopped: Bool {
    let status = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
    return status?.contains("State:\tT") ?? false
  }
}
