import Connect
import Dataflow
import Logging

/// What a stream no longer has: found out, and refused or skipped as `--on-gap` says.
///
///     at the start    the position is older than the stream's retention: more may be lost
///     while reading   the service refuses the place, has forgotten the shard, or says that a shard
///                     is open which has ended by the position
extension SliceReader {
  /// How long the list of shards may lack one that a position has.
  private static let listTimeout = Duration.seconds(30)

  /// Finds out whether the stream may have lost records since the position was committed.
  func settleRetention() throws(ConnectorError) {
    let stale = rest.shards.filter { _, shard in
      shard.place != .end && shard.reach > 0 && shard.reach < horizon
    }
    guard !stale.isEmpty else { return }
    var kept = rest
    // A shard that is listed no more has nothing left; those behind it begin at their oldest record.
    for id in stale.keys {
      kept.shards[id]?.reach = horizon
      if lineage.shards[id] == nil { kept.shards[id] = nil }
    }
    // Nothing is being read yet: what rests is the whole position.
    try settle(
      to: kept,
      "the stream keeps records for \(stream.retention.durationText), and "
        + "\(stale.keys.sorted().joined(separator: ", ")) may have had more that were not read"
    )
    rest = kept
  }

  /// Places that the service does not take any more: what is left of their shards is read.
  func settleLost() throws(ConnectorError) {
    let lost = cursors.compactMapValues(\.lost)
    guard !lost.isEmpty else { return }
    let oldest = ShardPosition(place: .oldest, reach: horizon)
    var left = current
    for id in lost.keys { left.shards[id] = oldest }
    try settle(to: left, lost.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; "))
    for id in lost.keys {
      cursors[id] = nil
      rest.shards[id] = oldest
    }
  }

  /// Shards that the stream does not have, or that are at their end by the position and open by the
  /// stream.
  ///
  /// One of these or its children may be about to be listed; or its records have all expired, or it
  /// was never at its end.
  func settleMissing(_ position: inout SlicePosition) throws(ConnectorError) {
    let missing = lineage.missing(of: position)
    // Reading up to such an end would not come to it either.
    let open = lineage.openEnds(of: end ?? position)
    guard !missing.isEmpty || !open.isEmpty else {
      missingSince = nil
      return
    }
    stream.wantList()
    let since = missingSince ?? .now
    missingSince = since
    guard since.duration(to: .now) > Self.listTimeout else { return }
    // Those that descend from them begin at their oldest record.
    for id in missing + open { position.shards[id] = nil }
    let reasons =
      missing.map { "the stream has no \($0), up to which it was read" }
      + open.map { "\($0) was read to its end, and is open" }
    try settle(to: position, reasons.joined(separator: "; "))
  }

  /// The time before which the stream has nothing, in milliseconds since 1970.
  private var horizon: Int64 {
    EventTime.wallClock.milliseconds - stream.retention.microseconds / 1000
  }

  /// Lists the gap between the position and where reading may go on; throws if that is not wanted,
  /// and nothing may have moved by then.
  private func settle(to next: SlicePosition, _ reason: String) throws(ConnectorError) {
    let from = position
    guard gapPolicy == .skip else {
      throw ConnectorError(
        .lost,
        "stream \"\(stream.name)\" may no longer have what comes behind \(from): \(reason)",
        hint: "--on-gap skip goes on with the oldest records and lists the gap in log_gaps"
      )
    }
    let former = gap
    gap = LogGap(
      from: former?.from ?? from,
      to: next.sourcePosition,
      records: nil,
      reason: [former?.reason, reason].compactMap(\.self).joined(separator: "; ")
    )
    logger.warning(
      "went on behind records that the stream may no longer have",
      metadata: ["stream": "\(stream.name)", "from": "\(from)", "reason": "\(reason)"]
    )
  }
}
