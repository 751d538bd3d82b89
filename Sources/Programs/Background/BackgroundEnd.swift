package import Foundation

/// How a job in the background has come to its end.
package struct BackgroundEnd: Hashable, Sendable, Encodable, CustomStringConvertible {
  package let processID: pid_t
  /// Nil when the job could not say: it was killed, or crashed.
  package let exitCode: Int32?
  /// Wall clock; nil when the job could not say.
  package let endedAt: String?
  /// The last that it wrote.
  package let lastLine: String

  package var isFailure: Bool { exitCode != 0 }

  package var description: String {
    let manner = exitCode.map { "ended with code \($0)" } ?? "was killed or crashed"
    let time = endedAt.map { " at \($0)" } ?? ""
    return "process \(processID) \(manner)\(time): \(lastLine)"
  }

  /// - Throws: `.failed`, unless the job has ended as it should.
  package func requireSuccess(of job: BackgroundJob) throws(Failure) {
    guard isFailure else { return }
    throw Failure(.failed, "the job in the background failed: \(self)", hint: "See \(job.logFile).")
  }
}
