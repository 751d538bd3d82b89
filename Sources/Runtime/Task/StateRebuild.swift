import Attribution
import Connect
import Dataflow
import Events

/// Rebuilds the state of a task by reading its inputs again, up to the committed positions.
struct StateRebuild {
  let environment: TaskEnvironment
  let sink: any TaskSink
  let task: Int
  let progress: TaskProgress

  /// What came of it.
  enum Outcome {
    case rebuilt
    /// The log no longer has all that the state needs.
    case isIncomplete
  }

  /// Fills an empty engine; returns early when a stop is requested or when it cannot be done, and
  /// the state is then of no use.
  func run(
    _ engine: inout FirstClick,
    clicks: inout RebuildSegments,
    checkouts: inout RebuildSegments
  ) throws(ConnectorError) -> Outcome {
    engine.beginRebuild(watermark: progress.watermark)
    let horizon = engine.stateHorizon
    guard let clicksRead = try read(ClickDecoder.self, progress.clicks, horizon, into: &engine),
      let checkoutsRead = try read(
        CheckoutDecoder.self,
        progress.checkouts,
        horizon,
        into: &engine
      )
    else { return .isIncomplete }
    clicks = clicksRead
    checkouts = checkoutsRead
    engine.finishRebuild()
    switch environment.settings.rule.emission {
    case .early:
      guard progress.hasUnanswered else { break }
      engine.handOverPending(exceptStored: try answeredIDs(among: engine.pendingFields))
    case .final:
      engine.revise(stored: try answeredIDs(among: engine.pendingFields))
    }
    return .rebuilt
  }

  private func answeredIDs(
    among checkouts: [UnsafeRawBufferPointer]
  ) throws(ConnectorError) -> Set<[UInt8]> {
    try environment.retry("rebuild", of: task) { () throws(ConnectorError) in
      try sink.answeredIDs(among: checkouts)
    }
  }

  /// Nil when the log has lost some of it.
  private func read<Decoder: RunDecoder>(
    _: Decoder.Type,
    _ input: TaskProgress.Input,
    _ horizon: EventTime,
    into engine: inout FirstClick
  ) throws(ConnectorError) -> RebuildSegments? {
    var segments = RebuildSegments()
    guard let end = input.position else { return segments }
    let known = try knownEvents(of: Decoder.stream, since: horizon)
    let reader = try environment.retry("rebuild", of: task) { () throws(ConnectorError) in
      try environment.source.open(
        Decoder.stream,
        partition: task,
        at: input.rebuildPosition,
        until: .position(end)
      )
    }
    var decoder = Decoder()
    var batch = RecordBatch<Decoder.Record>()
    var verdicts: [Verdict] = []
    while !environment.tenure.isStopRequested {
      let run = try environment.retry("rebuild", of: task) { () throws(ConnectorError) in
        try reader.read(atMost: environment.settings.readByteCount)
      }
      guard run.gap == nil else { return nil }
      guard !run.isEmpty else {
        if run.isCaughtUp { break }
        // More is on its way.
        _ = environment.tenure.waitToRetry(environment.settings.pollInterval)
        continue
      }
      decoder.decode(run, into: &batch)
      segments.append(start: run.startPosition, greatest: batch.greatestTime)
      known.judge(batch, from: reader, into: &verdicts)
      Decoder.process(batch, verdicts: &verdicts, in: &engine)
    }
    return segments
  }

  private func knownEvents(
    of stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> KnownEvents {
    try environment.retry("rebuild", of: task) { () throws(ConnectorError) in
      KnownEvents(
        droppedTimes: try sink.droppedTimes(stream, since: horizon),
        resentPlaces: try sink.resentPlaces(stream, since: horizon)
      )
    }
  }
}

/// What became of events that a rebuild reads again, where their times do not say it.
private struct KnownEvents {
  var droppedTimes: [[UInt8]: Set<EventTime>]
  var resentPlaces: [[UInt8]: Set<String>]

  /// `.expired` for what was dropped, `.duplicate` for what was resent under another time, `.onTime`
  /// for everything else.
  func judge<Record: EventRecord>(
    _ batch: RecordBatch<Record>,
    from reader: any PartitionReader,
    into verdicts: inout [Verdict]
  ) {
    verdicts.removeAll(keepingCapacity: true)
    guard !droppedTimes.isEmpty || !resentPlaces.isEmpty else {
      verdicts.append(contentsOf: repeatElement(.onTime, count: batch.records.count))
      return
    }
    for record in batch.records {
      let id = Array(record.bytes(record.eventID))
      let isDropped = droppedTimes[id]?.contains(record.time) ?? false
      verdicts.append(
        isResend(record, id, reader) ? .duplicate : isDropped ? .expired : .onTime
      )
    }
  }

  private func isResend<Record: EventRecord>(
    _ record: Record,
    _ id: [UInt8],
    _ reader: any PartitionReader
  ) -> Bool {
    guard let places = resentPlaces[id] else { return false }
    return places.contains(reader.place(ofOffset: record.offset) ?? String(record.offset))
  }
}
