import Foundation

/// Where a file is written that replaces another one when it is whole.
///
///     NAME               what is replaced; where it is a symbolic link, what that leads to
///     NAME.PID.part      the new one until then, locked by the process that writes it
extension RowFile {
  /// An empty file that `publish` gives this name; until then it has a temporary one beside it.
  ///
  /// Those that killed runs have left there are taken away.
  package convenience init(replacing name: String) throws(ConnectorError) {
    let target = Self.destination(of: name)
    Self.removeLeftovers(beside: target)
    try self.init(path: "\(target).\(getpid()).part", finalName: target)
  }

  /// What a chain of symbolic links leads to, whether that is there or not.
  private static func destination(of path: String) -> String {
    var path = path
    // More than the system follows.
    for _ in 0..<64 {
      guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
        break
      }
      path = next.hasPrefix("/") ? next : directory(of: path) + next
    }
    return path
  }

  /// Takes away the temporary files of this target that no process has locked.
  private static func removeLeftovers(beside target: String) {
    let directory = directory(of: target)
    let prefix = target.dropFirst(directory.count) + "."
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: directory.isEmpty ? "." : directory
    )
    for name in names ?? [] where name.hasPrefix(prefix) && name.hasSuffix(".part") {
      guard pid_t(name.dropFirst(prefix.count).dropLast(".part".count)) != nil else { continue }
      let opened = open(directory + name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
      guard opened >= 0 else { continue }
      if flock(opened, LOCK_EX | LOCK_NB) == 0 { unlink(directory + name) }
      close(opened)
    }
  }

  /// With its slash; empty for the working directory.
  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }
}
