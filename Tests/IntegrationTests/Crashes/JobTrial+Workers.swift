import Foundation
import Testing

/// Workers that share the tasks of a log.
extension JobTrial {
  /// How many tasks each worker has, by its process, as a query of process and number says.
  func taskCounts(by sql: String) throws -> [pid_t: Int] {
    let rows = try query(sql)
    return Dictionary(
      rows.compactMap { row in
        guard let worker = row[0].flatMap({ pid_t($0) }), let count = row[1].flatMap({ Int($0) })
        else { return nil }
        return (worker, count)
      }
    ) { $1 }
  }

  /// Waits until the workers have all tasks between them, each as many as its share.
  func waitForEvenTasks(
    _ workers: [ProgramRun],
    of taskCount: Int,
    counts: () throws -> [pid_t: Int]
  ) throws {
    try wait(for: workers[0]) {
      let counts = try counts()
      let shares = workers.map { counts[$0.processID] ?? 0 }
      return shares.reduce(0, +) == taskCount
        && shares.allSatisfy { $0 >= taskCount / workers.count }
    }
  }

  /// Ends workers as an operator does, and expects that they drain and leave.
  func stop(_ workers: [ProgramRun]) throws {
    for worker in workers { worker.send(SIGTERM) }
    for worker in workers {
      let outcome = try worker.wait()
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
    }
  }

  /// Expects that a worker has come to the end of the log, and asks both referees; nothing may be
  /// pending then.
  @discardableResult
  func expectRightEnd(
    of worker: ProgramRun,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Verdict {
    let outcome = try worker.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    return try expectRightRows(sourceLocation: sourceLocation)
  }

  /// Asks both referees, at the end of a log.
  @discardableResult
  func expectRightRows(sourceLocation: SourceLocation = #_sourceLocation) throws -> Verdict {
    let verdict = try expectLaw(sourceLocation: sourceLocation)
    #expect(verdict.expected > 0 && verdict.pending == 0, sourceLocation: sourceLocation)
    try expectTruth(sourceLocation: sourceLocation)
    return verdict
  }
}
