package import Attribution
package import Connect
import Dataflow
import Events
package import FileInput
import Synchronization

/// First clicks of files of events: the stream's operator over partitions of the users.
///
/// ```
/// files -> chunks -> decode -> partition by user            every core reads
///                                   |
///          partition -> FirstClick -> endOfInput -> rows    every core takes a partition at a time
/// ```
/// Within a partition all clicks come first, then all checkouts, each in input order (by file, then
/// by offset): nothing is late, and of a resent event the first in input order wins. Rows come out
/// by partition, then by the time of the checkout: in the same order whatever the number of threads,
/// the chunks or the memory.
package final class AttributionJob: Sendable {
  package struct Settings: Sendable {
    package var rule = AttributionRule()
    package var workers = 1
    /// What is read from files in `chunkByteCount`, and kept in memory at most, in bytes.
    package var chunkByteCount = ChunkReader.defaultChunkByteCount
    package var memoryByteCount = 1 << 30
    /// Where what does not fit memory goes.
    package var temporaryDirectory = "/tmp"
    package var maximumBadRows = Int.max
    package init() {}
  }

  /// What came of a run.
  package struct Summary: Sendable {
    /// Events read, those sent twice too.
    package var clicks: Int64 = 0
    package var checkouts: Int64 = 0
    /// Rows written: one a checkout.
    package var answers: Int64 = 0
    package var attributed: Int64 = 0
    package var duplicates: Int64 = 0
    package var spilledBytes: Int64 = 0
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
    self.settings = settings
    self.clicks = ChunkReader(clicks, chunkByteCount: settings.chunkByteCount)
    self.checkouts = ChunkReader(checkouts, chunkByteCount: settings.chunkByteCount)
    badRows = BadRows(limit: settings.maximumBadRows)
    plan = PartitionPlan(
      inputByteCount: (clicks + checkouts).reduce(0) { $0 + $1.expectedByteCount },
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

  /// Reads, answers and writes everything; the file has its name afterwards.
  ///
  /// - Throws: for what cannot be read or written, and for too many bad rows: then there is no file.
  package func run(into file: AnswerFile) throws(ConnectorError) -> Summary {
    do throws(ConnectorError) {
      let pool = BlockPool(blockByteCount: plan.blockByteCount, budget: plan.budget)
      let partitions = try readAll(pool)
      let summary = try answerAll(partitions, pool, into: file)
      try file.publish()
      return summary
    } catch {
      file.discard()
      throw error
    }
  }

  func checkStop() throws(ConnectorError) {
    guard !isStopRequested else {
      throw ConnectorError(.permanent, "interrupted before the end: nothing was written")
    }
  }

  func partitionIsFinished() { finishedPartitions.add(1, ordering: .relaxed) }
}

typealias ClickFileDecoder = FileDecoder<ClickDecoder, ClickCSVDecoder>
typealias CheckoutFileDecoder = FileDecoder<CheckoutDecoder, CheckoutCSVDecoder>
