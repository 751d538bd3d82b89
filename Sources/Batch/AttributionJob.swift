package import Attribution
package import Connect
import Dataflow
import Events
package import FileInput
import Synchronization

/// First clicks of files of events: the stream's rule over partitions of the users.
///
/// ```
/// files -> chunks -> decode -> partition by user, and fingerprints by event_id     every core reads
///                                   |
///                    fingerprints -> ids that come more than once      every core takes a partition
///                                   |
///     partition -> distinct -> by user -> BoundedFirstClick -> rows    at a time
/// ```
/// Nothing is late, and of a resent event, whatever user it names, the first in input order (by file,
/// then by offset) wins.
/// Rows come out by partition, then by user as they first appear in the input, clicks before
/// checkouts, then by the time of the checkout: in the same order whatever the number of threads, the
/// chunks or the memory.
package final class AttributionJob: Sendable {
  package struct Settings: Sendable {
    package var rule = AttributionRule()
    /// Threads, 4096 at most: more are taken for as many.
    package var workers = 1
    /// What is read from files in `chunkByteCount`, and kept in memory at most, in bytes.
    package var chunkByteCount = ChunkReader.defaultChunkByteCount
    package var memoryByteCount = 1 << 30
    /// How much of the input makes a partition, in bytes: small enough for a few to be in memory, and
    /// their users in the processor's cache.
    package var partitionByteCount = 64 << 20
    /// Where what does not fit memory goes.
    package var temporaryDirectory = "/tmp"
    package var maximumBadRows = Int.max
    package init() {}
  }

  /// What came of a run.
  package struct Summary: Sendable {
    package var clicks = StreamCounts()
    package var checkouts = StreamCounts()
    /// Rows written: one a checkout.
    package var answers: Int64 = 0
    package var attributed: Int64 = 0
    /// Bytes that did not fit the memory.
    package var spilledBytes: Int64 = 0

    mutating func add(_ other: Summary) {
      clicks.add(other.clicks)
      checkouts.add(other.checkouts)
      answers += other.answers
      attributed += other.attributed
    }
  }

  /// What was read of one input.
  package struct StreamCounts: Sendable {
    /// Rows that fit, duplicates among them.
    package var events: Int64 = 0
    package var duplicates: Int64 = 0
    package var badRows: Int64 = 0
    /// On disk.
    package var bytes: Int64 = 0

    mutating func add(_ other: StreamCounts) {
      events += other.events
      duplicates += other.duplicates
    }
  }

  let settings: Settings
  let clicks: ChunkReader
  let checkouts: ChunkReader
  package let badRows: BadRows
  let plan: PartitionPlan
  private let isStopping = Atomic(false)
  private let finishedPartitions = Atomic(0)

  /// - Throws: when a file's header lacks a needed column, or there are too many files.
  package init(
    clicks: [InputFile],
    checkouts: [InputFile],
    settings: Settings
  ) throws(ConnectorError) {
    try ClickFileDecoder.check(clicks)
    try CheckoutFileDecoder.check(checkouts)
    guard max(clicks.count, checkouts.count) < RunHeader.maximumFileCount else {
      throw .usage(
        "found \(clicks.count + checkouts.count) files: expected less than "
          + "\(RunHeader.maximumFileCount) of each kind",
        hint: "concatenate some of them"
      )
    }
    var settings = settings
    // A record has so much room for the number of its writer.
    settings.workers = min(settings.workers, PackedHeader.maximumWriterCount)
    self.settings = settings
    self.clicks = ChunkReader(clicks, chunkByteCount: settings.chunkByteCount)
    self.checkouts = ChunkReader(checkouts, chunkByteCount: settings.chunkByteCount)
    badRows = BadRows(limit: settings.maximumBadRows)
    plan = PartitionPlan(
      inputByteCount: (clicks + checkouts).reduce(0) { $0 + $1.expectedByteCount },
      partitionByteCount: settings.partitionByteCount,
      memoryByteCount: settings.memoryByteCount,
      threadCount: settings.workers
    )
  }

  /// Bytes read, of all files, and partitions answered.
  package var progress: (readByteCount: Int64, byteCount: Int64, partitions: Int, of: Int) {
    (
      clicks.readByteCount + checkouts.readByteCount, clicks.byteCount + checkouts.byteCount,
      finishedPartitions.load(ordering: .relaxed), plan.partitionCount
    )
  }

  /// Makes `run` end soon, by an error.
  package func requestStop() { isStopping.store(true, ordering: .relaxed) }
  package var isStopRequested: Bool { isStopping.load(ordering: .relaxed) }

  package var rule: AttributionRule { settings.rule }

  /// Names the input: the same for the same files in the same state.
  package var identity: String {
    let files = clicks.files + checkouts.files
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in files.map(\.identity).joined(separator: "\n").utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    let first = files.first?.path ?? "none"
    let others = files.count > 1 ? " and \(files.count - 1) more" : ""
    return "files:\(first)\(others) (\(String(hash, radix: 16)))"
  }

  /// Reads, answers and writes everything.
  ///
  /// - Throws: for what cannot be read or written, and for too many bad rows: then the output holds
  ///   nothing of it.
  package func run(into output: any AttributionOutput) throws(ConnectorError) -> Summary {
    do throws(ConnectorError) {
      let pool = BlockPool(blockByteCount: plan.blockByteCount, budget: plan.budget)
      let key = FingerprintKey(partitionCount: plan.fingerprintPartitions.count)
      let writers = try readAll(pool, key, into: output)
      let repeated = try findRepeatedIDs(key, writers, pool)
      var summary = try answerAll(writers, pool, without: repeated, into: output)
      summary.clicks.badRows = Int64(badRows.count(of: .clicks))
      summary.clicks.bytes = clicks.byteCount
      summary.checkouts.badRows = Int64(badRows.count(of: .checkouts))
      summary.checkouts.bytes = checkouts.byteCount
      summary.spilledBytes = writers.reduce(0) { $0 + ($1.spillFile?.byteCount ?? 0) }
      try output.publish(summary)
      return summary
    } catch {
      output.discard()
      throw error
    }
  }

  func checkStop() throws(ConnectorError) {
    guard !isStopRequested else {
      throw ConnectorError(.stopped, "the attribution was stopped before its end")
    }
  }

  func partitionIsFinished() { finishedPartitions.add(1, ordering: .relaxed) }
}

typealias ClickFileDecoder = FileDecoder<ClickDecoder, ClickCSVDecoder>
typealias CheckoutFileDecoder = FileDecoder<CheckoutDecoder, CheckoutCSVDecoder>
