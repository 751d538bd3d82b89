import Connect
import Foundation

/// The processes of a cluster's server, as /proc tells: those of its user whose current directory is
/// the data directory, which each of them makes it.
///
/// A process number alone, as `postmaster.pid` holds it, may belong to a zombie that nobody reaps
/// (containers often have no init) or to a stranger who was given the number later.
///
/// Root may see where another user's processes are only with CAP_SYS_PTRACE, which containers often
/// have not: where it sees none it asks as that user.
struct ServerProcesses {
  private let data: String
  private let user: ServerUser

  init(at location: ClusterLocation) {
    data = location.data
    user = location.user
  }

  /// Zombies left out, which have no current directory any more; nil where nobody can tell.
  func alive() -> Set<pid_t>? {
    guard let seen = seen() else { return nil }
    guard seen.isEmpty, let other = user.other else { return seen }
    return self.seen(as: other)
  }

  /// Those that this process sees; nil without /proc.
  private func seen() -> Set<pid_t>? {
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else {
      return nil
    }
    let processes = entries.compactMap { pid_t($0) }.filter { process in
      var status = stat()
      return stat("/proc/\(process)", &status) == 0 && status.st_uid == user.userID
        && (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd"))
          == data
    }
    return Set(processes)
  }

  /// Those that a user sees; nil where nothing can be run as that user.
  func seen(as user: String) -> Set<pid_t>? {
    let script = """
      cd /proc || exit
      for process in [0-9]*; do
        [ "$process/cwd" -ef "$0" ] && echo "$process"
      done
      exit 0
      """
    guard let answer = try? ServerCommand("sh", ["-c", script, data], as: user).run(),
      answer.status == 0
    else { return nil }
    return Set(answer.output.split(separator: "\n").compactMap { pid_t($0) })
  }

  /// True while the server noted in `postmaster.pid` lives, or may live for all that can be told.
  var isServerAlive: Bool {
    guard let text = try? String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8),
      let process = text.split(separator: "\n").first.flatMap({ pid_t($0) }),
      kill(process, 0) == 0 || errno != ESRCH
    else { return false }
    return alive()?.contains(process) ?? true
  }

  /// Removes the lock files of a server that was killed, once its last process is gone.
  ///
  /// Those notice within moments; until then the files protect the memory that they share. Where
  /// nobody can tell, nothing is removed: PostgreSQL's own, stricter check decides.
  ///
  /// - Parameter socket: the socket's path; its directory is this cluster's alone.
  /// - Returns: false when some live on after ten seconds: then nothing was removed.
  func clearAway(socket: String) -> Bool {
    for _ in 0..<100 {
      guard let alive = alive() else { return true }
      if alive.isEmpty {
        for file in ["\(data)/postmaster.pid", "\(socket).lock", socket] { unlink(file) }
        return true
      }
      usleep(100_000)
    }
    return false
  }
}
