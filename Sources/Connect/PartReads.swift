/// What a worker has asked of one part of a log, and what came of it, since it opened the log.
package struct PartReads: Hashable, Codable, Sendable {
  package var stream: StreamKind
  /// What the log itself calls the part: a shard.
  package var part: String
  /// Calls for records, whatever came of them.
  package var calls: Int64 = 0
  /// Of these: the ones that the log refused for having been asked too much.
  package var throttledCalls: Int64 = 0
  /// As the log has them: aggregated ones count once, those that came twice count twice.
  package var records: Int64 = 0
  /// Of the records' payloads.
  package var bytes: Int64 = 0
  /// How far the last record that came was behind the part's end, in milliseconds of arrival; 0 at
  /// the end, nil before the log has said so.
  package var behindMilliseconds: Int64?

  package init(of part: String, in stream: StreamKind) {
    self.stream = stream
    self.part = part
  }
}
