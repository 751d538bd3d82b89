package import Dataflow
package import Events

/// The fused first-click operator of one task: interval join, keep-first, deduplication, early rows.
///
/// Implementation under way: the signatures below are what the driver is written against.
package struct FirstClick: ~Copyable {
  package let rule: AttributionRule

  package init(rule: AttributionRule) { self.rule = rule }

  /// Takes clicks in log order and settles `verdicts`, which the driver has filled with `.onTime`
  /// or `.late`, one per record.
  ///
  /// Copies what it keeps: the batch may go away afterwards.
  package mutating func process(_ clicks: ClickBatch, verdicts: inout [Verdict]) {}

  /// As above, for checkouts. Late checkouts are only deduplicated: stored rows answer them.
  package mutating func process(_ checkouts: CheckoutBatch, verdicts: inout [Verdict]) {}

  /// Moves event time on: settles what became final, then evicts. Never moves back.
  package mutating func advance(to watermark: Watermark) {}

  /// Hands over every answer that is new or changed since the last call (end of an epoch).
  ///
  /// A checkout appears at most once; `.final` emission hands over final answers only.
  package mutating func drainAnswers(into answers: inout [Answer]) {}

  /// Call on an empty operator, before re-reading the log from the rebuild position: records are
  /// then processed as `.onTime`, and `finishRebuild` ends it.
  ///
  /// - Parameter watermark: the task's watermark at the committed positions.
  package mutating func beginRebuild(watermark: Watermark) {}

  /// The log is re-read up to the committed positions: settles what was final then, and marks every
  /// pending checkout as stored if `pendingAreStored`. Nothing of it is handed over as new.
  package mutating func finishRebuild(pendingAreStored: Bool) {}

  /// Everything older than this has left the state; the rebuild position must cover all records
  /// with `time >=` it.
  package var stateHorizon: EventTime { .beginning }

  package var statistics: Statistics { Statistics() }

  /// Sizes of the state, for status lines, metrics and benchmarks.
  package struct Statistics: Sendable {
    package var bufferedClicks = 0
    package var pendingCheckouts = 0
    package var users = 0
    /// Memory held for all of it, in bytes, as allocated.
    package var allocatedBytes = 0
    package init() {}
  }
}
