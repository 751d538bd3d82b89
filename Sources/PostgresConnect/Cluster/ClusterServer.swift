import Connect
import Foundation

/// The server programs at work on one private cluster.
///
/// Everything runs in the cluster's directory and names files relative to it: `pg_ctl` passes its
/// paths through a shell.
struct ClusterServer {
  let location: ClusterLocation
  let installation: PostgresInstallation

  /// Makes the data directory, under another name until it is whole.
  ///
  /// `initdb` holds the lock too: whoever comes after a process that was killed here waits until
  /// nobody works in the directory any more.
  func initialize(isDurable: Bool, holding lock: ChildProcess.Stream) throws(ConnectorError) {
    let unfinished = "\(location.data).new"
    try? FileManager.default.removeItem(atPath: unfinished)
    let arguments = [
      "--pgdata=data.new", "--username=postgres", "--auth=trust", "--encoding=UTF8",
      "--locale=C", "--no-instructions",
    ]
    let answer = try command("initdb", isDurable ? arguments : arguments + ["--no-sync"])
      .run(holding: lock)
    guard answer.status == 0 else { throw unmade(reason(in: answer.output)) }
    let include = "\ninclude_if_exists 'firstclick.conf'\n"
    do {
      let file = try FileHandle(
        forWritingTo: URL(fileURLWithPath: "\(unfinished)/postgresql.conf")
      )
      try file.seekToEnd()
      try file.write(contentsOf: Data(include.utf8))
      try file.close()
      try FileManager.default.moveItem(atPath: unfinished, toPath: location.data)
    } catch {
      throw unmade(error.localizedDescription)
    }
  }

  /// Starts the server and waits until it accepts connections, recovery after a crash included.
  func start(_ settings: ClusterSettings) throws(ConnectorError) {
    do {
      let file = URL(fileURLWithPath: "\(location.data)/firstclick.conf")
      try Data(settings.text.utf8).write(to: file)
    } catch {
      throw failure(
        "write the settings of the private cluster in \(location.directory)",
        error.localizedDescription
      )
    }
    let socket = "\(settings.socketDirectory)/\(ClusterLocation.socketName)"
    guard ServerProcesses(at: location).clearAway(socket: socket) else {
      throw failure(
        "start the private cluster in \(location.directory)",
        "processes of a server that was killed are still running"
      )
    }
    let size = logSize
    let answer = try command(
      "pg_ctl",
      ["start", "--pgdata=data", "--log=server.log", "--wait", "--timeout=3600", "--silent"]
    ).run()
    guard answer.status != 0 else { return }
    let log = logText(from: size)
    throw failure(
      "start the private cluster in \(location.directory)",
      reason(in: log.isEmpty ? answer.output : log)
    )
  }

  /// Ends the server, or finds that it has ended by itself meanwhile.
  func stop() throws(ConnectorError) {
    let answer = try command(
      "pg_ctl",
      ["stop", "--pgdata=data", "--mode=fast", "--wait", "--timeout=600", "--silent"]
    ).run()
    guard answer.status == 0 || !isRunning else {
      throw failure(
        "stop the private cluster in \(location.directory)",
        reason(in: answer.output)
      )
    }
  }

  /// True while the server's process lives, whether it accepts connections or not.
  var isRunning: Bool { ServerProcesses(at: location).isServerAlive }

  private func command(_ program: String, _ arguments: [String]) -> ServerCommand {
    ServerCommand(
      "\(installation.binaries)/\(program)",
      arguments,
      as: location.user.other,
      in: location.directory
    )
  }

  // MARK: - What went wrong

  private func failure(_ attempt: String, _ reason: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not \(attempt): \(reason)",
      hint: access(location.log, F_OK) == 0 ? "Its log is \(location.log)." : nil
    )
  }

  /// Why there is no cluster, and so no log of its own yet.
  private func unmade(_ reason: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not make a private cluster in \(location.directory): \(reason)",
      hint: "Mend that, or name a running server by DATABASE_URL."
    )
  }

  private var logSize: UInt64 {
    let attributes = try? FileManager.default.attributesOfItem(atPath: location.log)
    return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
  }

  private func logText(from offset: UInt64) -> String {
    guard let file = FileHandle(forReadingAtPath: location.log),
      (try? file.seek(toOffset: offset)) != nil,
      let bytes = try? file.readToEnd()
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The first line that says what went wrong; the last one where none does.
  private func reason(in output: String) -> String {
    let lines = output.split(separator: "\n")
    let fatal = lines.first { $0.contains("FATAL:") || $0.contains("PANIC:") }
    let cause = fatal ?? lines.first { $0.contains("error:") } ?? lines.last
    return String(cause ?? "").trimmedLine
  }
}
