/// The rejected rows of a file or of a part of it: how many by reason, and the first of each.
package struct RejectLog: Sendable {
  /// Samples kept of each reason.
  package static let sampleLimit = 100

  package private(set) var counts: [Rejection: Int] = [:]
  private var samplesByReason: [Rejection: [RejectedRow]] = [:]

  package init() {}

  package var count: Int { counts.values.reduce(0, +) }

  /// At most `sampleLimit` of each reason, in the order of the file.
  package var samples: [RejectedRow] {
    samplesByReason.values.joined().sorted { $0.offset < $1.offset }
  }

  /// Counts a row; keeps it if it is among the first of its reason.
  mutating func note(_ reason: Rejection, at offset: Int64, _ text: UnsafeRawBufferPointer) {
    let count = counts[reason, default: 0] + 1
    counts[reason] = count
    guard count <= Self.sampleLimit else { return }
    samplesByReason[reason, default: []].append(
      RejectedRow(
        reason: reason,
        offset: offset,
        text: Array(text.prefix(RejectedRow.maximumByteCount))
      )
    )
  }

  /// Adds what was noted of a later part of the file.
  package mutating func append(_ later: RejectLog) {
    counts.merge(later.counts, uniquingKeysWith: +)
    for (reason, rows) in later.samplesByReason {
      let room = Self.sampleLimit - samplesByReason[reason, default: []].count
      samplesByReason[reason, default: []] += rows.prefix(room)
    }
  }
}

/// A sample of the rejected rows.
package struct RejectedRow: Hashable, Sendable {
  /// How much of a row is kept.
  static let maximumByteCount = 4096

  package let reason: Rejection
  /// Where the row stands in the file, unpacked, in bytes.
  package let offset: Int64
  /// The row's first bytes.
  package let text: [UInt8]
}
