import Foundation

/// The processes of the server that runs on a data directory, as /proc tells: each makes that its
/// current directory.
///
/// A process number alone, as `postmaster.pid` holds it, may belong to a zombie that nobody reaps
/// (containers often have no init) or to a stranger who was given the number later.
enum ServerProcesses {
  /// Zombies left out, which have no current directory any more.
  static func alive(in data: String) -> Set<pid_t> {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    let processes = entries.compactMap { pid_t($0) }.filter { process in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) == data
    }
    return Set(processes)
  }

  /// True while the server noted in `postmaster.pid` lives.
  static func isServerAlive(in data: String) -> Bool {
    guard let text = try? String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8),
      let process = text.split(separator: "\n").first.flatMap({ pid_t($0) })
    else { return false }
    return alive(in: data).contains(process)
  }

  /// Removes the lock files of a server that was killed, once its last process is gone.
  ///
  /// Those notice within moments; until then the files protect the memory that they share.
  ///
  /// - Parameters:
  ///   - data: the data directory.
  ///   - socket: the socket's path; its directory is this cluster's alone.
  /// - Returns: false when some live on after ten seconds: then nothing was removed.
  static func clearAway(in data: String, socket: String) -> Bool {
    // Without /proc nobody can tell: PostgreSQL's own, stricter check decides.
    guard access("/proc/self/cwd", F_OK) == 0 else { return true }
    for _ in 0..<100 {
      if alive(in: data).isEmpty {
        for file in ["\(data)/postmaster.pid", "\(socket).lock", socket] { unlink(file) }
        return true
      }
      usleep(100_000)
    }
    return false
  }
}
