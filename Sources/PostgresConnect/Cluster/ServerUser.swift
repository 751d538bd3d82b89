import Connect
import Foundation

/// Who the server runs as: this process's user, or, for root, another one, since PostgreSQL refuses
/// to run as root.
struct ServerUser: Hashable, Sendable {
  let name: String
  let userID: uid_t
  let groupID: gid_t

  /// What `ServerCommand` needs to become this user; nil when the process already is.
  var other: String? { userID == geteuid() ? nil : name }

  /// - Parameters:
  ///   - data: an existing data directory, whose owner it has to be.
  ///   - path: where root finds the program to become another user with.
  /// - Returns: the owner; this process's user; or `postgres` for root.
  /// - Throws: `.permanent` when that is somebody else, or root has no `postgres` user to become, or
  ///   no way to.
  static func choose(
    data: String,
    path: [String] = ServerCommand.searchPath
  ) throws(ConnectorError) -> ServerUser {
    var status = stat()
    let owner = stat(data, &status) == 0 ? status.st_uid : nil
    guard geteuid() == 0 else { return try ownUser(dataOwner: owner, data: data) }
    let user = try userOfRoot(dataOwner: owner)
    try ServerCommand.requireChange(to: user.name, in: path)
    return user
  }

  private static func userOfRoot(dataOwner: uid_t?) throws(ConnectorError) -> ServerUser {
    if let dataOwner, dataOwner != 0, let entry = getpwuid(dataOwner) {
      return ServerUser(entry.pointee)
    }
    guard let entry = getpwnam("postgres") else {
      throw ConnectorError(
        .permanent,
        "could not start a private PostgreSQL as root: it needs a user \"postgres\" to run as",
        hint: "Install the server (apt-get install postgresql), or run this as another user."
      )
    }
    return ServerUser(entry.pointee)
  }

  private static func ownUser(
    dataOwner: uid_t?,
    data: String
  ) throws(ConnectorError) -> ServerUser {
    let userID = geteuid()
    if let dataOwner, dataOwner != userID {
      let owner = getpwuid(dataOwner).map { String(cString: $0.pointee.pw_name) }
      throw ConnectorError(
        .permanent,
        "the private cluster in \(data) belongs to \(owner ?? "user \(dataOwner)")",
        hint: "Run this as its owner or as root, or name another database by DATABASE_URL."
      )
    }
    let name = getpwuid(userID).map { String(cString: $0.pointee.pw_name) }
    return ServerUser(name: name ?? String(userID), userID: userID, groupID: getegid())
  }

  init(name: String, userID: uid_t, groupID: gid_t) {
    self.name = name
    self.userID = userID
    self.groupID = groupID
  }

  private init(_ entry: passwd) {
    self.init(
      name: String(cString: entry.pw_name),
      userID: entry.pw_uid,
      groupID: entry.pw_gid
    )
  }

  /// Whether this user can enter the directory: all of its parents must be searchable.
  func canEnter(_ directory: String) throws(ConnectorError) -> Bool {
    guard let other else { return access(directory, X_OK) == 0 }
    return try ServerCommand("test", ["-x", directory], as: other).run().status == 0
  }
}
