package import Attribution
package import Dataflow
import Foundation

extension StreamingJob {
  /// How a job runs; the rule apart, nothing of it changes an answer.
  package struct Settings: Sendable {
    package var rule = AttributionRule()
    /// The log is bounded: at its end everything pending is answered, and the job returns.
    package var untilEnd: Bool
    /// Threads that run tasks, or read ahead for them; at most two per task are started.
    package var workers = ProcessInfo.processInfo.activeProcessorCount
    /// A commit is due this long after the epoch's first record, or once it has `commitByteCount`
    /// bytes, whichever comes first.
    package var commitInterval: Duration = .milliseconds(250)
    package var commitByteCount = 32 << 20
    /// A timestamp further ahead of the wall clock moves no watermark; nil: no guard, the default of
    /// a bounded replay.
    package var futureGuard: EventSpan?
    /// An input that is caught up and silent for this long stops holding the other back.
    package var idleTimeout: Duration = .seconds(30)
    /// Retries of a transient sink error before the job ends; nil: no bound.
    package var retryLimit: Int?
    /// What the last commits may take after a stop was requested: the process has ended within 5 s.
    package var stopTimeout: Duration = .milliseconds(4_500)
    /// About how much is read and decoded at once, in bytes.
    package var readByteCount = 256 << 10
    /// How long a worker sleeps when it has nothing to do.
    package var pollInterval: Duration = .milliseconds(10)

    /// The most that an append-only sink is given at once: it has no transactions that larger commits
    /// would save, and rows are written from the processor's cache.
    static let appendByteCount = 256 << 10

    package init(untilEnd: Bool) {
      self.untilEnd = untilEnd
      futureGuard = untilEnd ? nil : .minutes(5)
    }
  }
}
