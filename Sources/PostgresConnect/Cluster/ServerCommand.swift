import Connect
import Foundation

/// One program run to its end, as the user who owns the server.
struct ServerCommand {
  struct Answer {
    /// Exit status; 128 + signal for a program that was killed.
    var status: Int32
    /// Standard output and standard error together, without spaces around.
    var output: String
  }

  private let arguments: [String]

  /// - Parameters:
  ///   - program: a path, or a name to be found in PATH.
  ///   - arguments: passed on as they are.
  ///   - user: nil for the user of this process; anyone else takes root.
  ///   - directory: where it runs: one that `user` may enter.
  init(_ program: String, _ arguments: [String], as user: String? = nil, in directory: String = "/")
  {
    let prefix = user.map { [Self.userChanger, "-u", $0, "--"] } ?? []
    self.arguments = ["env", "-C", directory] + prefix + [program] + arguments
  }

  func run() throws(ConnectorError) -> Answer {
    try answer { output throws(POSIXError) in try start(output).waitForEnd() }
  }

  /// As above, for a program that makes a cluster: it ends when this process does, and holds the
  /// file `lock` open until then, even if this process is killed.
  func run(holding lock: ChildProcess.Stream) throws(ConnectorError) -> Answer {
    try answer { output throws(POSIXError) in
      try ClusterMaking.run { () throws(POSIXError) in
        try start(output, input: lock, group: .own)
      }
    }
  }

  private func start(
    _ output: ChildProcess.Stream,
    input: ChildProcess.Stream = .nothing,
    group: ChildProcess.Group = .shared
  ) throws(POSIXError) -> ChildProcess {
    try ChildProcess(
      "env",
      words: arguments,
      environment: Self.environment,
      input: input,
      output: output,
      group: group
    )
  }

  /// What the program wrote to the file that `status` runs it with, and its exit status.
  private func answer(
    _ status: (ChildProcess.Stream) throws(POSIXError) -> Int32
  ) throws(ConnectorError) -> Answer {
    // A file, not a pipe: what the program leaves running may keep its end of it open.
    guard let output = tmpfile() else { throw failure(POSIXError(errno)) }
    defer { fclose(output) }
    do throws(POSIXError) {
      let status = try status(.descriptor(fileno(output)))
      return Answer(status: status, output: Self.text(of: output))
    } catch {
      throw failure(error)
    }
  }

  private static func text(of output: UnsafeMutablePointer<FILE>) -> String {
    let file = FileHandle(fileDescriptor: fileno(output), closeOnDealloc: false)
    try? file.seek(toOffset: 0)
    let text = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func failure(_ error: POSIXError) -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not run \(arguments.joined(separator: " ")): \(error.text)"
    )
  }

  /// Without the PG* variables, which mean the user's own servers, and in plain English.
  private static let environment: [String: String] = {
    var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
    variables["LC_ALL"] = "C"
    variables["PATH"] = searchPath.joined(separator: ":")
    return variables
  }()

  // MARK: - Another user

  /// Lets root run a program as somebody else, without a password or a session.
  private static let userChanger = "runuser"

  /// PATH, and where `runuser` is: root's own PATH may leave these out, as that of its cron does.
  static let searchPath: [String] = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
  }()

  /// - Throws: `.permanent` where root has no way to run a program as `user`.
  static func requireChange(to user: String, in path: [String]) throws(ConnectorError) {
    let isThere = path.contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(userChanger)")
    }
    guard !isThere else { return }
    throw ConnectorError(
      .permanent,
      "could not run PostgreSQL as the user \"\(user)\": found no \(userChanger) in PATH, /usr/sbin "
        + "or /sbin",
      hint: "Install it (apt-get install util-linux), or run this as another user than root."
    )
  }
}
