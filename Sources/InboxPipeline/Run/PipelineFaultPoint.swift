/// A named place in a run where a crash test may strike: `FIRSTCLICK_CRASH_AT=pipeline-staged`.
package enum PipelineFaultPoint: String, CaseIterable, Sendable {
  case recovered = "pipeline-recovered"
  case collected = "pipeline-collected"
  case validated = "pipeline-validated"
  /// The reason of a rejected file is written, the file not moved yet.
  case reasoned = "pipeline-reasoned"
  case setAside = "pipeline-set-aside"
  /// A file's rows are copied, not yet merged.
  case copied = "pipeline-copied"
  case staged = "pipeline-staged"
  case transformed = "pipeline-transformed"
  case beforeCommit = "pipeline-before-commit"
  /// COMMIT is sent, and the connection closed before the answer is read; nothing is killed.
  case lostCommitAck = "pipeline-lost-commit-ack"
  case afterCommit = "pipeline-after-commit"
  /// A file was moved, others are still to be.
  case movedOne = "pipeline-moved-one"
  case archived = "pipeline-archived"
  /// The result is written, nobody was told yet.
  case reported = "pipeline-reported"
  case notified = "pipeline-notified"
}
