import Connect
import Events
import Foundation
import Logging
import Programs

/// The log: is it there, do its two streams pair up, are its first lines events, and is it the one
/// that the database knows.
struct LogCheck {
  let source: SourceChoice
  let gapPolicy: GapPolicy
  let destination: Destination
  let logger: Logger

  func findings() -> [Finding] {
    do {
      let log = try source.open(gapPolicy: gapPolicy, logger: logger)
      let count = try log.partitionCount()
      return [.ok("log", "\(source) has \(count) \(log.partName) of each stream")]
        + StreamKind.allCases.map { firstRecords(of: $0, partitions: count, in: log) }
        + connections(forTasks: count)
        + progress(in: log)
    } catch {
      return [.fail("log", error)]
    }
  }

  private func connections(forTasks count: Int) -> [Finding] {
    guard case .database(let choice) = destination else { return [] }
    return ConnectionsCheck(choice: choice, taskCount: count).findings()
  }

  private func progress(in log: any Source) -> [Finding] {
    guard case .database(let choice) = destination else { return [] }
    return ProgressCheck(choice: choice, log: log).findings()
  }

  /// How long a partition's first messages may take to come.
  private static let patience = Duration.seconds(10)

  /// Decodes the first 64 KiB of each partition.
  private func firstRecords(
    of stream: StreamKind,
    partitions: Int,
    in log: any Source
  ) -> Finding {
    var sample = Sample()
    do {
      for partition in 0..<partitions {
        let reader = try log.open(stream, partition: partition, at: nil, until: .endOfLog)
        let run = try firstRun(of: reader)
        guard !run.isEmpty || run.isCaughtUp else { return Self.silence(of: stream, partition) }
        sample.take(run, of: stream)
      }
    } catch {
      return .fail(stream.rawValue, error)
    }
    return sample.finding(stream)
  }

  /// There may be messages: nothing came, not even the end of the partition.
  private static func silence(of stream: StreamKind, _ partition: Int) -> Finding {
    .warn(
      stream.rawValue,
      "nothing came from partition \(partition) within \(Figures.duration(patience))",
      advice: "See that its leader is up and reachable from here; the job waits for it."
    )
  }

  /// What comes first, or nothing if nothing comes.
  private func firstRun(of reader: any PartitionReader) throws(ConnectorError) -> MessageRun {
    let deadline = ContinuousClock.now + Self.patience
    while true {
      let run = try reader.read(atMost: 64 << 10)
      if !run.isEmpty || run.isCaughtUp || ContinuousClock.now > deadline { return run }
      usleep(5000)
    }
  }
}

/// How many of the first messages are events, and why the first other one is not.
private struct Sample {
  private var events = 0
  private var rejects = 0
  private var firstReason: RejectReason?

  mutating func take(_ run: MessageRun, of stream: StreamKind) {
    switch stream {
    case .clicks: count(run, as: ClickDecoder.self)
    case .checkouts: count(run, as: CheckoutDecoder.self)
    }
  }

  private mutating func count<Decoder: MessageDecoder>(_ run: MessageRun, as _: Decoder.Type) {
    var decoder = Decoder()
    var batch = RecordBatch<Decoder.Record>()
    decoder.decode(run, into: &batch)
    events += batch.records.count
    rejects += batch.rejects.count
    firstReason = firstReason ?? batch.rejects.first?.reason
  }

  func finding(_ stream: StreamKind) -> Finding {
    guard let firstReason else {
      return events > 0
        ? .ok(stream.rawValue, "the first \(events) messages are events")
        : .warn(stream.rawValue, "no message yet", advice: "The job waits for them.")
    }
    let text = "\(rejects) of the first \(rejects + events) messages do not fit: \(firstReason)"
    let advice = "See the schemas folder; they go to dead_letters."
    return events == 0
      ? .fail(stream.rawValue, text, advice: advice) : .warn(stream.rawValue, text, advice: advice)
  }
}
