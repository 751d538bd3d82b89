/// The rejected rows of a file or of a part of it: how many by reason, and where the first ones are.
package struct RejectLog: Sendable {
  /// Rows whose places are kept, of each reason.
  package static let sampleLimit = 100

  package private(set) var counts: [Rejection: Int] = [:]
  /// Where the first rows of each reason stand in the file, unpacked, ascending.
  private(set) var places: [Rejection: [Int64]] = [:]

  package init() {}

  package var count: Int { counts.values.reduce(0, +) }

  /// Where the first rows of each reason stand, in the order of the file.
  package var samples: [RejectedPlace] {
    places.flatMap { reason, offsets in
      offsets.map { RejectedPlace(reason: reason, offset: $0) }
    }
    .sorted { ($0.offset, $0.reason.rawValue) < ($1.offset, $1.reason.rawValue) }
  }

  /// Notes a row, in any order.
  mutating func note(_ reason: Rejection, at place: Int64) {
    counts[reason, default: 0] += 1
    Self.insert(place, into: &places[reason, default: []])
  }

  /// Adds what was noted of another part of the file.
  package mutating func append(_ other: RejectLog) {
    counts.merge(other.counts, uniquingKeysWith: +)
    for (reason, others) in other.places {
      for place in others { Self.insert(place, into: &places[reason, default: []]) }
    }
  }

  private static func insert(_ place: Int64, into first: inout [Int64]) {
    if first.count == sampleLimit {
      guard let last = first.last, place < last else { return }
      first.removeLast()
    }
    let index = first.lastIndex { $0 < place }.map { $0 + 1 } ?? 0
    first.insert(place, at: index)
  }
}

/// Where a rejected row stands.
package struct RejectedPlace: Hashable, Sendable {
  package let reason: Rejection
  /// In bytes of the file, unpacked.
  package let offset: Int64

  package init(reason: Rejection, offset: Int64) {
    self.reason = reason
    self.offset = offset
  }
}
