import ArgumentParser
import Connect
import PostgresConnect
import Programs

/// Ends what `start` began, and the server that a run has started.
struct Stop: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop the background job, then the private PostgreSQL."
  )

  /// The job drains within 5 s; the rest is for a loaded machine.
  private static let limit = Duration.seconds(30)

  func run() throws {
    let job = try BackgroundJob.streamJob.stop(within: Self.limit)
    if let job, job.wasRunning, !job.end.isFailure {
      print("stopped the job (process \(job.end.processID))")
    }
    let isServing = try DatabaseChoice.cluster.isRunning
    // Also one that was interrupted while it started, and does not answer.
    try DatabaseChoice.cluster.stop()
    if isServing {
      print("stopped the private PostgreSQL")
    } else if !(job?.wasRunning ?? false) {
      print("nothing runs here")
    }
    try job?.end.requireSuccess(of: .streamJob)
  }
}
