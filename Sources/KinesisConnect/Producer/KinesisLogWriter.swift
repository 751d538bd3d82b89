import AWSClient
package import Connect

/// Appends to the two streams of a pair: every message, in order for each user, by its key.
///
/// The lanes of `PutDispatch` are the shards that there are at the start. Splits and merges meanwhile
/// change nothing: a user keeps the lane, and the service finds the shard. A message is sent again
/// until it is stored, so one whose answer was lost may stand in the stream twice, as anything that
/// is sent to Kinesis may; readers tell by its event_id. What is not stored within the delivery
/// timeout is undelivered, and ends the writing.
///
/// Memory: 32 MiB of messages that wait, and 16 calls of at most 5 MiB.
package final class KinesisLogWriter: LogWriter {
  /// Messages find their shards themselves.
  package let partitionCount = 1
  package let isContinued: Bool
  package let layout: String

  private let settings: KinesisSettings
  private let client: KinesisClient
  private let dispatch: PutDispatch
  /// By stream: where its lanes begin, and the least hash key of each of them.
  private let lanes: [StreamKind: (first: Int, starts: [HashKey])]
  // Of the lines at hand; kept for their memory.
  private var laneOfLine: [Int] = []
  private var userOfLine: [HashKey] = []

  /// Prepares the streams.
  ///
  /// - Parameters:
  ///   - settings: of the streams.
  ///   - makesMissing: makes streams that are missing, in on-demand mode.
  ///   - disorderLimit: by stream, how many messages one may be stored before another that was
  ///     appended before it, at least 1; without one, what waits in memory.
  ///   - client: by which they are reached.
  /// - Throws: when the streams cannot be reached, are missing, or refused.
  package init(
    _ settings: KinesisSettings,
    makesMissing: Bool,
    disorderLimit: [StreamKind: Int] = [:],
    client: KinesisClient
  ) throws(ConnectorError) {
    let found = try StreamPair(client: client, settings: settings)
      .prepare(makesMissing: makesMissing)
    var lanes: [StreamKind: (first: Int, starts: [HashKey])] = [:]
    var laneCount = 0
    for stream in StreamKind.allCases {
      let starts = (found.shards[stream] ?? []).map(\.hashKeys.lowerBound)
      lanes[stream] = (laneCount, starts)
      laneCount += starts.count
    }
    let counts = lanes.mapValues(\.starts.count)
    layout = StreamKind.allCases.map { "\(counts[$0] ?? 0)" }.joined(separator: " and ") + " shards"
    isContinued = found.holdsRecords(by: client, settings)
    self.settings = settings
    self.client = client
    self.lanes = lanes
    dispatch = PutDispatch(
      client,
      settings,
      laneCounts: counts,
      disorderLimit: disorderLimit
    )
  }

  deinit { dispatch.stop() }

  /// Messages that the streams have confirmed so far.
  package var deliveredCount: Int { dispatch.tally.delivered }

  package func append(
    _ lines: KeyedLines,
    to stream: StreamKind,
    partition: Int
  ) throws(ConnectorError) {
    guard let lanes = lanes[stream] else { return }
    laneOfLine.removeAll(keepingCapacity: true)
    userOfLine.removeAll(keepingCapacity: true)
    for index in lines.marks.indices {
      let (data, key) = lines[index]
      try require(data, key)
      let user = HashKey(ofPartitionKey: key)
      laneOfLine.append(lanes.first + Self.lane(of: user, starts: lanes.starts))
      userOfLine.append(user)
    }
    guard dispatch.append(to: laneOfLine, of: userOfLine, { lines[$0] }) != nil else { return }
    throw undelivered(dispatch.drain())
  }

  package func finish() throws(ConnectorError) {
    let tally = dispatch.drain()
    guard tally.failure == nil else { throw undelivered(tally) }
  }

  /// The last lane that begins at or before the key.
  private static func lane(of user: HashKey, starts: [HashKey]) -> Int {
    var (low, high) = (0, starts.count)
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= user { low = middle } else { high = middle }
    }
    return low
  }

  private func require(
    _ data: UnsafeRawBufferPointer,
    _ key: UnsafeRawBufferPointer
  ) throws(ConnectorError) {
    guard data.count + key.count <= PutRecordsBody.greatestRecord else {
      throw ConnectorError(
        .permanent,
        "could not send a message of \(data.count) bytes to \(settings): a record of Kinesis has at "
          + "most \(PutRecordsBody.greatestRecord) with its key"
      )
    }
    guard (1...PutRecordsBody.longestKey).contains(key.count) else {
      throw ConnectorError(
        .permanent,
        "could not send a message with a key of \(key.count) bytes to \(settings): expected 1 to "
          + "\(PutRecordsBody.longestKey)"
      )
    }
  }

  private func undelivered(_ tally: PutDispatch.Tally) -> ConnectorError {
    let cause = tally.failure?.connectorError
    return ConnectorError(
      cause?.kind ?? .permanent,
      "could not deliver \(tally.appended - tally.delivered) of \(tally.appended) messages to "
        + "\(settings): \(cause?.message ?? "no cause is known")",
      hint: cause?.hint
    )
  }
}

extension KeyedLines {
  /// A line without its line end, and its key.
  fileprivate subscript(
    index: Int
  ) -> (data: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) {
    let start = index == 0 ? Mark(lineEnd: 0, keyEnd: 0) : marks[index - 1]
    let end = marks[index]
    return (
      UnsafeRawBufferPointer(rebasing: bytes[Int(start.lineEnd)..<Int(end.lineEnd) - 1]),
      UnsafeRawBufferPointer(rebasing: keys[Int(start.keyEnd)..<Int(end.keyEnd)])
    )
  }
}

extension StreamPair.Layout {
  /// Whether a stream that was there before has anything in it; true if that cannot be told.
  fileprivate func holdsRecords(by client: KinesisClient, _ settings: KinesisSettings) -> Bool {
    for (stream, shards) in shards where !made.contains(stream) {
      let name = settings.streamName(of: stream)
      for shard in shards {
        do throws(ServiceError) {
          let start = try client.shardIterator(
            of: shard.id,
            in: name,
            from: .trimHorizon,
            retrying: .once
          )
          let page = try client.records(
            from: start,
            of: shard.id,
            in: name,
            limit: 1,
            retrying: .once
          )
          if !page.records.isEmpty || page.millisecondsBehind > 0 { return true }
        } catch {
          // A writer need not have the right to read.
          return true
        }
      }
    }
    return false
  }
}
