import Connect
import Foundation

/// Where a private cluster lives: its directory and its socket, both closed to other users.
///
///     DIR/            mode 0700, the server user's; a link where that user could not enter it
///       data/         PGDATA
///       server.log
///       lock          held while starting and stopping
///       socket_path   the socket's directory, if DIR is too long a path for one
///       .s.PGSQL.5432
struct ClusterLocation: Hashable, Sendable {
  let directory: String
  let user: ServerUser

  var data: String { "\(directory)/data" }
  var log: String { "\(directory)/server.log" }
  var lock: String { "\(directory)/lock" }
  private var socketNote: String { "\(directory)/socket_path" }

  static let port = 5432
  static let socketName = ".s.PGSQL.\(port)"
  /// Bytes of a unix socket's path, the final NUL apart (`sockaddr_un`).
  private static let longestSocketPath = 107

  /// Runs `body`, which gets the lock's file, while no other process starts or stops the cluster.
  func withLock<Result>(
    _ body: (_ lock: ChildProcess.Stream) throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    try FileLock.withLock(
      on: lock,
      failure: { PrivateDirectory.failure("lock", lock, code: $0) },
      body
    )
  }

  /// Finds the cluster's place, and makes it if need be.
  ///
  /// As root, a directory that the server's user cannot enter (one under /root, say) becomes a link
  /// to a new one under /var/lib.
  static func prepare(
    _ requested: String,
    report: (String) -> Void
  ) throws(ConnectorError) -> ClusterLocation {
    let path = URL(fileURLWithPath: requested).standardizedFileURL.path
    let user = try ServerUser.choose(data: "\(path)/data")
    let parent = (path as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(
        atPath: parent,
        withIntermediateDirectories: true
      )
    } catch {
      throw PrivateDirectory.failure("create", parent)
    }
    // A link whose directory was removed is a cluster that was removed.
    if isLink(path), access(path, F_OK) != 0 { unlink(path) }
    if try !user.canEnter(parent), !isLink(path) {
      guard access(path, F_OK) != 0 else { throw closed(path, to: user) }
      try link(path, for: user, report: report)
    }
    try checkContents(path)
    let directory = resolved(path)
    if directory == path || !PrivateDirectory.exists(directory, of: user) {
      try PrivateDirectory.make(directory, for: user)
    }
    return ClusterLocation(directory: resolved(path), user: user)
  }

  /// Throws what `prepare` would, as far as that can be told without making anything.
  static func requirePlace(_ requested: String) throws(ConnectorError) {
    let path = URL(fileURLWithPath: requested).standardizedFileURL.path
    _ = try ServerUser.choose(data: "\(path)/data")
    var place = path
    while access(place, F_OK) != 0, place != "/" {
      place = (place as NSString).deletingLastPathComponent
    }
    guard access("\(place)/.", W_OK | X_OK) == 0 else {
      throw PrivateDirectory.failure("write to", place)
    }
    try checkContents(path)
  }

  /// True where a cluster was made, or where that cannot be seen: what the user may not enter.
  ///
  /// The directory alone, or a lock in it, is none yet.
  static func holdsCluster(_ requested: String) -> Bool {
    access("\(requested)/data/PG_VERSION", F_OK) == 0 || errno == EACCES
  }

  /// The place of a cluster that was made before; nil when there is none.
  static func find(_ requested: String) throws(ConnectorError) -> ClusterLocation? {
    let path = URL(fileURLWithPath: requested).standardizedFileURL.path
    guard access("\(path)/data/PG_VERSION", F_OK) == 0 else { return nil }
    let user = try ServerUser.choose(data: "\(path)/data")
    return ClusterLocation(directory: resolved(path), user: user)
  }

  private static func link(
    _ path: String,
    for user: ServerUser,
    report: (String) -> Void
  ) throws(ConnectorError) {
    let base = access("/var/lib", W_OK) == 0 ? "/var/lib" : "/tmp"
    let target = try PrivateDirectory.makeUnique(prefix: "\(base)/firstclick-", for: user)
    if symlink(target, path) == 0 {
      report("the user \(user.name) cannot enter \(path): the cluster lives in \(target) instead")
    } else {
      rmdir(target)
      guard errno == EEXIST else { throw PrivateDirectory.failure("link", path) }
    }
  }

  /// Refuses to take over, and close to others, a directory that holds something else.
  private static func checkContents(_ path: String) throws(ConnectorError) {
    let known: Set = ["data", "data.new", "server.log", "lock", "socket_path"]
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for entry in entries where !known.contains(entry) && !entry.hasPrefix(".s.PGSQL.") {
      throw ConnectorError(
        .permanent,
        "could not make a private cluster in \(path): it holds \"\(entry)\"",
        hint: "Name an empty or a new directory."
      )
    }
  }

  private static func closed(_ path: String, to user: ServerUser) -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not start a private PostgreSQL in \(path): the user \(user.name) cannot enter it",
      hint: "Open its parent directories to others (chmod o+x), or remove it."
    )
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  /// The directory of the server's socket: the cluster's own, or a short one where that path would
  /// be too long or needs quoting.
  func socketDirectory() throws(ConnectorError) -> String {
    let socket = "\(directory)/\(Self.socketName)"
    let isPlain = directory.utf8.allSatisfy { byte in
      !Set("\"'\\,@".utf8).contains(byte) && byte >= 0x20
    }
    if socket.utf8.count <= Self.longestSocketPath, isPlain { return directory }
    if let noted = try? String(contentsOfFile: socketNote, encoding: .utf8),
      PrivateDirectory.exists(noted, of: user)
    {
      return noted
    }
    let short = try PrivateDirectory.makeUnique(prefix: "/tmp/firstclick-", for: user)
    do {
      try short.write(toFile: socketNote, atomically: true, encoding: .utf8)
    } catch {
      throw PrivateDirectory.failure("note the socket's path in", directory)
    }
    return short
  }
}
