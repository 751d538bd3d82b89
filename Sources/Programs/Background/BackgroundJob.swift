package import Connect
import Foundation

/// The job that `start` leaves running: a process of its own session, known by its pid file.
///
/// ```
///   start: writes the pid file  ->  the job, at its end: adds its exit code  ->  stop: removes it
/// ```
///
/// A pid file whose process is gone is thus of a job that has ended by itself, and one without an
/// exit code of a job that something ended. `start` and `stop` look at it and change it under a lock.
package struct BackgroundJob: Sendable {
  /// What became of a start.
  package enum Start {
    case started(ProcessIdentity)
    /// Another one has started a job meanwhile.
    case alreadyRuns(ProcessIdentity)
    /// It has come to its end within a second, as it should.
    case ended
  }

  private let program: String
  private let directory: String
  package let logFile: String
  private let processFile: String
  private let lockFile: String

  /// - Parameters:
  ///   - program: the name it has in messages, and its process in lists.
  ///   - name: of its files.
  ///   - directory: where its pid file, lock and log are.
  package init(of program: String, named name: String, in directory: String) {
    self.program = program
    self.directory = directory
    logFile = "\(directory)/\(name).log"
    processFile = "\(directory)/\(name).pid"
    lockFile = "\(directory)/\(name).lock"
  }

  /// The running job, if there is one.
  package var running: ProcessIdentity? {
    guard let record, record.process.isAlive else { return nil }
    return record.process
  }

  /// The running job, once no `start` is under way: it is ready for signals.
  package func settled() throws(Failure) -> ProcessIdentity? {
    // Where there is no lock, nothing was started.
    guard access(lockFile, F_OK) == 0 else { return nil }
    return try withLock { () throws(Failure) in running }
  }

  /// How the job has ended that was started last; nil while it runs, and once it was stopped.
  package var end: BackgroundEnd? {
    guard let record, !record.process.isAlive else { return nil }
    return end(of: record)
  }

  /// Runs this program with `arguments`, its output appended to the log file, unless a job runs.
  ///
  /// - Throws: `.failed` when it failed within a second, with the last line it wrote.
  package func start(_ arguments: [String]) throws(Failure) -> Start {
    // A job on another server is perhaps the first thing here; where this fails, the lock tells.
    mkdir(directory, 0o755)
    return try withLock { () throws(Failure) in
      if let running { return .alreadyRuns(running) }
      let job = try spawn(arguments)
      if let identity = ProcessIdentity(of: job.id) {
        guard write(JobRecord(identity)) else {
          kill(job.id, SIGTERM)
          throw unwritable("could not write \(processFile)")
        }
        for _ in 0..<20 where identity.isAlive { usleep(50_000) }
        if identity.isAlive { return .started(identity) }
      }
      unlink(processFile)
      guard let code = try? job.waitForEnd(), code == 0 else {
        throw Failure(.failed, "the job ended at once: \(lastLogLine)", hint: "See \(logFile).")
      }
      return .ended
    }
  }

  /// Makes the exit code of this process part of its pid file, if it is the job.
  package func noteEnd() {
    Program.onEnd { code in
      guard var record, record.process == ProcessIdentity(of: getpid()) else { return }
      record.exitCode = code
      // Without it the job counts as one that was killed.
      _ = write(record)
    }
  }

  package var lastLogLine: String {
    guard let log = FileHandle(forReadingAtPath: logFile) else { return "no output" }
    let length = (try? log.seekToEnd()) ?? 0
    try? log.seek(toOffset: length - min(length, Self.tailByteCount))
    let tail = (try? log.readToEnd()) ?? Data()
    return String(decoding: tail, as: UTF8.self).split(whereSeparator: \.isNewline).last
      .map(String.init) ?? "no output"
  }

  /// More than a line has.
  private static let tailByteCount: UInt64 = 64 << 10

  /// Asks the job to drain and commit, waits until it has ended, and forgets it.
  ///
  /// - Returns: how it ended, and whether that was now; nil if there was none.
  package func stop(
    within limit: Duration
  ) throws(Failure) -> (end: BackgroundEnd, wasRunning: Bool)? {
    let running = try settled()
    guard let job = running ?? record?.process else { return nil }
    if running != nil { try interrupt(job, within: limit) }
    return try withLock { () throws(Failure) in
      // Another stop may have been faster, and another start.
      guard let record, record.process == job else { return nil }
      let end = end(of: record)
      unlink(processFile)
      return (end, running != nil)
    }
  }

  private func interrupt(_ job: ProcessIdentity, within limit: Duration) throws(Failure) {
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
  }

  // MARK: - Files

  private var record: JobRecord? {
    (try? String(contentsOfFile: processFile, encoding: .utf8)).flatMap { JobRecord($0) }
  }

  private func write(_ record: JobRecord) -> Bool {
    (try? record.description.write(toFile: processFile, atomically: true, encoding: .utf8)) != nil
  }

  private func end(of record: JobRecord) -> BackgroundEnd {
    // The exit code was the last that was written.
    let time = try? FileManager.default.attributesOfItem(atPath: processFile)[.modificationDate]
    return BackgroundEnd(
      processID: record.process.processID,
      exitCode: record.exitCode,
      endedAt: record.exitCode.flatMap { _ in (time as? Date)?.formatted(.iso8601) },
      lastLine: lastLogLine
    )
  }

  private func withLock<Result>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try FileLock.withLock(
      on: lockFile,
      failure: { unwritable("could not lock \(lockFile): \(String(cString: strerror($0)))") },
      { _ throws(Failure) in try body() }
    )
  }

  private func spawn(_ arguments: [String]) throws(Failure) -> ChildProcess {
    do {
      return try ChildProcess(
        "/proc/self/exe",
        words: [program] + arguments,
        output: .file(logFile, O_WRONLY | O_CREAT | O_APPEND),
        group: .session
      )
    } catch {
      throw unwritable("could not start the job in the background: \(error.text)")
    }
  }

  private func unwritable(_ message: String) -> Failure {
    Failure(.failed, message, hint: "Make \(directory) writable.")
  }
}
