package import Connect
package import Dataflow

/// Where re-reading an input must start to find everything that the state still needs.
///
/// The log is kept as segments in reading order, each with its greatest event time:
///
///     start    0:   40:   80:   120:
///     greatest 10   25    19    31          state horizon 22  ->  rebuild from 40
///                   ^ first segment that is not wholly older
///
/// Segments are dropped from the front only, so that disorder inside the log does no harm. At most
/// `capacity` are kept: beyond, neighbours are merged, which only makes a rebuild read more.
package struct RebuildSegments: Sendable {
  package static let capacity = 4096

  private struct Segment {
    var start: SourcePosition
    var greatest: EventTime
  }

  /// The live ones are `segments[first...]`.
  private var segments: [Segment] = []
  private var first = 0

  package init() {}

  package var count: Int { segments.count - first }

  /// Takes note of a run of records; `greatest` is `.beginning` for a run without any.
  package mutating func append(start: SourcePosition, greatest: EventTime) {
    if count >= Self.capacity { merge() }
    segments.append(Segment(start: start, greatest: greatest))
  }

  /// Drops what has wholly left the state and returns the position to rebuild from; nil when
  /// nothing is left of it.
  ///
  /// Amortised O(1).
  package mutating func rebuildPosition(horizon: EventTime) -> SourcePosition? {
    while first < segments.count, segments[first].greatest < horizon { first += 1 }
    if first > segments.count / 2 {
      segments.removeFirst(first)
      first = 0
    }
    return first < segments.count ? segments[first].start : nil
  }

  private mutating func merge() {
    let live = segments[first...]
    var merged: [Segment] = []
    merged.reserveCapacity(Self.capacity)
    for (offset, segment) in live.enumerated() {
      if offset.isMultiple(of: 2) {
        merged.append(segment)
      } else {
        merged[merged.count - 1].greatest = max(merged[merged.count - 1].greatest, segment.greatest)
      }
    }
    segments = merged
    first = 0
  }
}
