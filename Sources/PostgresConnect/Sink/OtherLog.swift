package import Connect

extension ConnectorError {
  /// A database that was fed from another log than the one that is to be read.
  ///
  /// - Parameters:
  ///   - database: `the database`, or the one at some address.
  ///   - task: the one that tells.
  ///   - held: identity of the log that it was fed from.
  ///   - identity: that of the log that is to be read.
  /// - Returns: the error, permanent.
  package static func otherLog(
    in database: String,
    task: Int,
    of held: String,
    expected identity: String
  ) -> ConnectorError {
    // A file log is known by its path: there may be any other one at another.
    let moved =
      held.hasPrefix("file:") && identity.hasPrefix("file:")
      ? " A log that was moved, with its directory too, has to be moved back to go on." : ""
    return ConnectorError(
      .permanent,
      "\(database) holds task \(task) of the log \(held): expected \(identity)",
      hint: "Name another database for this log, or the log that this one is fed from." + moved
    )
  }
}
