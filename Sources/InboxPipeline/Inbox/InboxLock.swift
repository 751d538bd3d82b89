package import Connect
import Foundation

/// Keeps the inbox to one process of this machine, whichever database each of them has in mind.
///
/// An advisory lock on a file, which the system drops when the process ends, however it ends.
package final class InboxLock {
  private let descriptor: Int32

  /// - Throws: `.permanent` while another process holds it.
  package init(_ inbox: InboxDirectory) throws(ConnectorError) {
    let path = "\(inbox.state)/lock"
    // Closed in the programs started meanwhile: a hook must not inherit the lock.
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .fileSystem("open \(path)") }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let code = errno
      close(descriptor)
      guard code == EWOULDBLOCK else { throw .fileSystem("lock \(path)", code: code) }
      throw ConnectorError(
        .permanent,
        "another pipeline is at work in the inbox \(inbox.root)",
        hint: "Let it finish; `batch-job pipeline status` tells more."
      )
    }
  }

  deinit {
    // A process that is just being started may have a copy of the descriptor for a moment.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
