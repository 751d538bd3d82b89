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
    into output: any AttributionOutput
  ) throws(ConnectorError) -> Summary {
    let shared = UncheckedShare(writers)
    let next = Atomic(0)
    let total = Mutex(Summary())
    try concurrently(settings.workers) { _ throws(ConnectorError) in
      do throws(ConnectorError) {
        let contents = PartitionContents(of: shared.value, pool: pool)
        let rows = output.makeRows()
        var answering = PartitionAnswering(
          rule: settings.rule,
          storesRecords: output.storesRecords
        )
        while true {
          let partition = next.add(1, ordering: .relaxed).oldValue
          guard partition < plan.partitionCount else { break }
          try checkStop()
          try contents.load(partition)
          rows.removeAll()
          answering.answer(contents, into: rows)
          contents.release()
          try output.write(rows, of: partition)
          partitionIsFinished()
        }
        total.withLock { $0.add(answering.summary) }
      } catch {
        output.fail(error)
        throw error
      }
    }
    return total.withLock { $0 }
  }
}

/// Answers one partition after another on one thread.
private struct PartitionAnswering: ~Copyable {
  private(set) var summary = AttributionJob.Summary()
  private let storesRecords: Bool
  private var engine: FirstClick
  private var verdicts: [Verdict] = []
  private var answers: [Answer] = []

  init(rule: AttributionRule, storesRecords: Bool) {
    self.storesRecords = storesRecords
    engine = FirstClick(rule: rule)
  }

  /// Adds the rows of the partition.
  mutating func answer(_ contents: PartitionContents, into rows: any OutputRows) {
    engine.removeAll()
    contents.forEachBatch(of: ClickRecord.self) { batch in
      startVerdicts(batch.records.count)
      engine.process(batch, verdicts: &verdicts)
      summary.clicks.add(verdicts)
      if storesRecords { rows.append(batch, verdicts: verdicts) }
    }
    contents.forEachBatch(of: CheckoutRecord.self) { batch in
      startVerdicts(batch.records.count)
      engine.process(batch, verdicts: &verdicts)
      summary.checkouts.add(verdicts)
      if storesRecords { rows.append(batch, verdicts: verdicts) }
    }
    engine.advance(to: .endOfInput)
    answers.removeAll(keepingCapacity: true)
    engine.drainAnswers(into: &answers)
    summary.answers += Int64(answers.count)
    summary.attributed += Int64(answers.count { $0.isAttributed })
    rows.append(answers)
  }

  /// Nothing is late before the end of the input.
  private mutating func startVerdicts(_ count: Int) {
    verdicts.removeAll(keepingCapacity: true)
    verdicts.append(contentsOf: repeatElement(.onTime, count: count))
  }
}

extension AttributionJob.StreamCounts {
  fileprivate mutating func add(_ verdicts: [Verdict]) {
    events += Int64(verdicts.count)
    duplicates += Int64(verdicts.count { $0 == .duplicate })
  }
}
