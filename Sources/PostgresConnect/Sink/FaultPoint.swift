import Connect
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A named place in a commit where a crash test may strike.
package enum FaultPoint: String, CaseIterable, Sendable {
  case beforeBegin = "before-begin"
  case afterBegin = "after-begin"
  case afterRawCopy = "after-raw-copy"
  case afterAttributions = "after-attributions"
  case afterLate = "after-late"
  case beforeProgress = "before-progress"
  case beforeCommit = "before-commit"
  case afterCommit = "after-commit"
  /// COMMIT is sent, and the connection closed before the answer is read.
  case lostCommitAck = "lost-commit-ack"
}

/// Strikes at the n-th pass of one point: `FIRSTCLICK_CRASH_AT=before-commit:3`.
package final class Fault: Sendable {
  private let point: FaultPoint
  private let passesLeft: Mutex<Int>

  /// What the environment asks for; nil, and free of cost, when it asks for nothing.
  package static let fromEnvironment: Fault? = getenv("FIRSTCLICK_CRASH_AT").flatMap {
    Fault(String(cString: $0))
  }

  /// - Parameter text: `POINT` or `POINT:N`, N counting from 1; nil for any other text.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let point = parts.first.flatMap({ FaultPoint(rawValue: String($0)) }),
      let pass = parts.count == 2 ? Int(parts[1]) : 1, pass > 0
    else { return nil }
    self.point = point
    passesLeft = Mutex(pass)
  }

  /// True at the pass asked for, once.
  package func strikes(at point: FaultPoint) -> Bool {
    guard point == self.point else { return false }
    return passesLeft.withLock {
      $0 -= 1
      return $0 == 0
    }
  }
}

extension Fault? {
  /// Kills the process with SIGKILL where the fault strikes.
  func pass(_ point: FaultPoint) {
    if let fault = self, fault.strikes(at: point) { kill(getpid(), SIGKILL) }
  }
}
