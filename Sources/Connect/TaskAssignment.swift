/// Which tasks this worker runs, when several workers share a log.
///
/// The driver waits for changes on one thread, opens or closes tasks, and then says so. A group moves
/// a task only after its former owner has completed the revocation; one that does not (it was stopped,
/// or lost the group) is fenced by the sink when the new owner opens the task.
package protocol TaskAssignment: AnyObject, Sendable {
  /// The next change; nil when none came within `timeout`.
  ///
  /// Call it at least every few seconds: it also keeps the membership alive.
  func nextChange(atMost timeout: Duration) throws(ConnectorError) -> AssignmentChange?
  /// Lets the group go on: the tasks of the change are being opened, or are committed and closed.
  func complete(_ change: AssignmentChange) throws(ConnectorError)
  /// Says where a task stands, for tools that show the lag; nothing is ever read back from it.
  func report(task: Int, clicks: SourcePosition?, checkouts: SourcePosition?)
  /// Leaves the group; the tasks must be closed.
  func close()
}

package enum AssignmentChange: Hashable, Sendable {
  /// These tasks are this worker's from now on.
  case assigned([Int])
  /// These tasks go to another worker: commit what they have, or drop it, and close them.
  case revoked([Int])
  /// These tasks are already another worker's: drop what they have and close them.
  case lost([Int])
}
