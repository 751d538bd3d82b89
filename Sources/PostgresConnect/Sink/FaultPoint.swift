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

/// Strikes at the n-th pass of a point of a commit.
package typealias Fault = PointedFault<FaultPoint>
