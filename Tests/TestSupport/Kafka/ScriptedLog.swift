import Foundation
package import KafkaConnect
import Synchronization

/// Partitions whose batches a test writes itself, before a local broker that knows no transactions
/// and no compaction.
///
///     high watermark     behind the last batch
///     last stable offset where the first open transaction begins
///
/// Fetch (up to version 4) and ListOffsets (up to version 2) are answered here, as a broker answers a
/// client that reads committed messages; the local broker knows topics and brokers.
package final class ScriptedLog: Sendable {
  private struct Place: Hashable {
    var topic: String
    var partition: Int32
  }

  private struct Partition {
    var batches: [RecordBatch] = []
    var start: Int64 = 0

    var end: Int64 { batches.last?.end ?? start }

    /// Where the first transaction begins that has not ended.
    var stableEnd: Int64 {
      var open: [Int64: Int64] = [:]
      for batch in batches {
        switch batch.kind {
        case .plain: break
        case .transactional(let producer): open[producer] = open[producer] ?? batch.base
        case .marker(let producer, _): open[producer] = nil
        }
      }
      return open.values.min() ?? end
    }

    /// Producer and first offset of each transaction that was taken back.
    var aborted: [(producer: Int64, start: Int64)] {
      var open: [Int64: Int64] = [:]
      var aborted: [(producer: Int64, start: Int64)] = []
      for batch in batches {
        switch batch.kind {
        case .plain: break
        case .transactional(let producer): open[producer] = open[producer] ?? batch.base
        case .marker(let producer, let isCommit):
          guard let start = open.removeValue(forKey: producer), !isCommit else { continue }
          aborted.append((producer, start))
        }
      }
      return aborted
    }
  }

  private static let offsetOutOfRange: Int16 = 1

  private let partitions: Partitions
  private let relay: FrameRelay

  private final class Partitions: Sendable {
    let byPlace = Mutex<[Place: Partition]>([:])
  }

  /// Throws when there is no port.
  package init(before broker: LocalBroker) throws {
    let partitions = Partitions()
    self.partitions = partitions
    relay = try FrameRelay(
      before: broker,
      versions: [FrameRelay.Key.fetch: 4, FrameRelay.Key.listOffsets: 2]
    ) { request, _, ask in
      switch request.key {
      case FrameRelay.Key.fetch: try Self.fetch(request, from: partitions)
      case FrameRelay.Key.listOffsets: try Self.listOffsets(request, of: partitions)
      default: ask(request)
      }
    }
  }

  /// The listeners' addresses, as clients name brokers.
  package var bootstrap: String { relay.bootstrap }

  /// Appends a batch, whose base is at or behind the end.
  package func append(_ batch: RecordBatch, to topic: String, partition: Int32 = 0) {
    partitions.byPlace.withLock {
      $0[Place(topic: topic, partition: partition), default: Partition()].batches.append(batch)
    }
  }

  /// Takes away what lies at or behind an offset, as an election of a replica that lags does.
  package func truncate(_ topic: String, partition: Int32 = 0, at end: Int64) {
    partitions.byPlace.withLock {
      $0[Place(topic: topic, partition: partition)]?.batches.removeAll { $0.end > end }
    }
  }

  /// Ends it; must be called.
  package func stop() { relay.stop() }

  // MARK: Answers

  private static func listOffsets(
    _ request: RequestFrame,
    of partitions: Partitions
  ) throws -> [UInt8]? {
    guard request.version == 2 else { return nil }
    var reader = FrameReader(request.body)
    var writer = FrameWriter()
    _ = try reader.number(Int32.self)
    let readsCommitted = try reader.number(Int8.self) == 1
    // Throttled for no time.
    writer.number(Int32(0))
    try copyTopics(&reader, &writer) { place, reader, writer in
      let time = try reader.number(Int64.self)
      let partition = partitions.byPlace.withLock { $0[place] ?? Partition() }
      let end = readsCommitted ? partition.stableEnd : partition.end
      writer.number(Int16(0))
      writer.number(Int64(-1))
      writer.number(time == -2 ? partition.start : end)
    }
    return request.answer(writer.bytes)
  }

  private static func fetch(
    _ request: RequestFrame,
    from partitions: Partitions
  ) throws -> [UInt8]? {
    guard request.version == 4 else { return nil }
    var reader = FrameReader(request.body)
    var writer = FrameWriter()
    var hasData = false
    // Replica, waiting time and bytes.
    for _ in 0..<4 { _ = try reader.number(Int32.self) }
    _ = try reader.number(Int8.self)
    writer.number(Int32(0))
    try copyTopics(&reader, &writer) { place, reader, writer in
      let offset = try reader.number(Int64.self)
      _ = try reader.number(Int32.self)
      let partition = partitions.byPlace.withLock { $0[place] ?? Partition() }
      let isInside = (partition.start...partition.end).contains(offset)
      writer.number(isInside ? 0 : offsetOutOfRange)
      writer.number(partition.end)
      writer.number(partition.stableEnd)
      writer.number(Int32(partition.aborted.count))
      for (producer, start) in partition.aborted {
        writer.number(producer)
        writer.number(start)
      }
      // One batch an answer, so that every end of one is an end of an answer too.
      let batch = partition.batches.first { $0.end > offset && $0.base < partition.stableEnd }
      let bytes = isInside ? batch?.bytes ?? [] : []
      writer.number(Int32(bytes.count))
      writer.raw(bytes)
      hasData = hasData || !bytes.isEmpty
    }
    // As brokers do, though not as long as they are asked to: the client would ask again at once.
    if !hasData { usleep(5000) }
    return request.answer(writer.bytes)
  }

  /// Goes over the topics and partitions of a request, and writes the same into the answer.
  private static func copyTopics(
    _ reader: inout FrameReader,
    _ writer: inout FrameWriter,
    _ answer: (Place, inout FrameReader, inout FrameWriter) throws -> Void
  ) throws {
    let topicCount = try reader.number(Int32.self)
    writer.number(topicCount)
    for _ in 0..<topicCount {
      let topic = try reader.text()
      writer.text(topic)
      let partitionCount = try reader.number(Int32.self)
      writer.number(partitionCount)
      for _ in 0..<partitionCount {
        let partition = try reader.number(Int32.self)
        writer.number(partition)
        try answer(Place(topic: topic ?? "", partition: partition), &reader, &writer)
      }
    }
  }
}
