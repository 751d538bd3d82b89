import Attribution
import Connect
import Dataflow
import Events
import Synchronization

extension AttributionJob {
  /// Answers the partitions, each on one thread, and writes their rows in order.
  func answerAll(
    _ writers: [PartitionWriter],
    _ pool: BlockPool,
    into file: AnswerFile
  ) throws(ConnectorError) -> Summary {
    let shared = UncheckedShare(writers)
    let next = Atomic(0)
    let total = Mutex(Summary())
    try concurrently(settings.workers) { _ throws(ConnectorError) in
      do throws(ConnectorError) {
        let contents = PartitionContents(of: shared.value, pool: pool)
        var answering = PartitionAnswering(rule: settings.rule, format: file.format)
        while true {
          let partition = next.add(1, ordering: .relaxed).oldValue
          guard partition < plan.partitionCount else { break }
          try checkStop()
          try contents.load(partition)
          answering.answer(contents)
          contents.release()
          try file.write(answering.rows.bytes, of: partition)
          partitionIsFinished()
        }
        total.withLock { $0.add(answering.summary) }
      } catch {
        file.fail(error)
        throw error
      }
    }
    var summary = total.withLock { $0 }
    summary.spilledBytes = writers.reduce(0) { $0 + ($1.spillFile?.byteCount ?? 0) }
    return summary
  }
}

/// Answers one partition after another on one thread.
private struct PartitionAnswering: ~Copyable {
  private var engine: FirstClick
  private(set) var rows: FirstClickRows
  private(set) var summary = AttributionJob.Summary()
  private var clicks = ClickBatch()
  private var checkouts = CheckoutBatch()
  private var verdicts: [Verdict] = []
  private var answers: [Answer] = []

  init(rule: AttributionRule, format: FirstClickRows.Format) {
    engine = FirstClick(rule: rule)
    rows = FirstClickRows(format)
  }

  /// Replaces the rows by those of the partition.
  mutating func answer(_ contents: PartitionContents) {
    engine.removeAll()
    var verdicts = verdicts
    var duplicates = 0
    contents.forEachBatch(&clicks) { batch in
      Self.startVerdicts(&verdicts, batch.records.count)
      engine.process(batch, verdicts: &verdicts)
      duplicates += verdicts.count { $0 == .duplicate }
      summary.clicks += Int64(verdicts.count)
    }
    contents.forEachBatch(&checkouts) { batch in
      Self.startVerdicts(&verdicts, batch.records.count)
      engine.process(batch, verdicts: &verdicts)
      duplicates += verdicts.count { $0 == .duplicate }
      summary.checkouts += Int64(verdicts.count)
    }
    self.verdicts = verdicts
    engine.advance(to: .endOfInput)
    answers.removeAll(keepingCapacity: true)
    engine.drainAnswers(into: &answers)
    summary.duplicates += Int64(duplicates)
    summary.answers += Int64(answers.count)
    summary.attributed += Int64(answers.count { $0.isAttributed })
    rows.removeAll()
    rows.append(answers)
  }

  private static func startVerdicts(_ verdicts: inout [Verdict], _ count: Int) {
    verdicts.removeAll(keepingCapacity: true)
    verdicts.append(contentsOf: repeatElement(.onTime, count: count))
  }
}

extension AttributionJob.Summary {
  fileprivate mutating func add(_ other: Self) {
    clicks += other.clicks
    checkouts += other.checkouts
    answers += other.answers
    attributed += other.attributed
    duplicates += other.duplicates
  }
}
