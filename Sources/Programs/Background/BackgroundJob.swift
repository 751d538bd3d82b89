package import Connect
import Foundation

/// The job that `start` leaves running: a process of its own session, known by its pid file.
package struct BackgroundJob {
  private let program: String
  private let directory: String
  package let logFile: String
  private let processFile: String

  /// - Parameters:
  ///   - program: the name it has in messages, and its process in lists.
  ///   - name: of its files.
  ///   - directory: where its pid file and its log are.
  package init(of program: String, named name: String, in directory: String) {
    self.program = program
    self.directory = directory
    logFile = "\(directory)/\(name).log"
    processFile = "\(directory)/\(name).pid"
  }

  /// The running job, if there is one.
  package var running: ProcessIdentity? {
    guard let text = try? String(contentsOfFile: processFile, encoding: .utf8),
      let identity = ProcessIdentity(text), identity.isAlive
    else { return nil }
    return identity
  }

  /// Runs this program with `arguments`, its output appended to the log file.
  ///
  /// - Returns: the job; nil when it has come to its end within a second.
  /// - Throws: `.failed` when it failed by then, with the last line it wrote.
  package func start(_ arguments: [String]) throws(Failure) -> ProcessIdentity? {
    let job = try spawn(arguments)
    if let identity = ProcessIdentity(of: job.id) {
      do {
        try identity.description.write(toFile: processFile, atomically: true, encoding: .utf8)
      } catch {
        kill(job.id, SIGTERM)
        throw Failure(
          .failed,
          "could not write \(processFile)",
          hint: "Make \(directory) writable."
        )
      }
      for _ in 0..<20 where identity.isAlive { usleep(50_000) }
      if identity.isAlive { return identity }
    }
    unlink(processFile)
    guard let code = try? job.waitForEnd(), code == 0 else {
      throw Failure(.failed, "the job ended at once: \(lastLogLine)", hint: "See \(logFile).")
    }
    return nil
  }

  package var lastLogLine: String {
    let log = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
    return log.split(whereSeparator: \.isNewline).last.map(String.init) ?? "no output"
  }

  /// Asks the job to drain and commit, and waits until it has ended.
  package func stop(_ job: ProcessIdentity, within limit: Duration) throws(Failure) {
    kill(job.processID, SIGTERM)
    let deadline = ContinuousClock.now + limit
    while job.isAlive {
      guard ContinuousClock.now < deadline else {
        throw Failure(
          .failed,
          "process \(job.processID) did not end within \(limit.components.seconds) s",
          hint: "See \(logFile); a second `kill -INT \(job.processID)` ends it at once."
        )
      }
      usleep(20_000)
    }
    unlink(processFile)
  }

  private func spawn(_ arguments: [String]) throws(Failure) -> ChildProcess {
    // A job on another server is perhaps the first thing here; where this fails, the log tells.
    mkdir(directory, 0o755)
    do {
      return try ChildProcess(
        "/proc/self/exe",
        words: [program] + arguments,
        output: .file(logFile, O_WRONLY | O_CREAT | O_APPEND),
        group: .session
      )
    } catch {
      throw Failure(
        .failed,
        "could not start the job in the background: \(error.text)",
        hint: "Make \(directory) writable."
      )
    }
  }
}
