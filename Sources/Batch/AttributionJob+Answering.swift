import Connect
import Synchronization

extension AttributionJob {
  /// Answers the partitions, each on one thread, and writes their rows in order.
  func answerAll(
    _ writers: [PartitionWriter],
    _ pool: BlockPool,
    without repeated: RepeatedIDs,
    into output: any AttributionOutput
  ) throws(ConnectorError) -> Summary {
    let total = Mutex(Summary())
    let partitions = PartitionSweep(
      over: plan.userPartitions,
      of: writers,
      pool,
      budget: plan.budget,
      isLast: true
    )
    try run(partitions) { contents throws(ConnectorError) in
      do throws(ConnectorError) {
        let rows = output.makeRows()
        var answering = PartitionAnswering(
          rule: settings.rule,
          without: repeated,
          storesRecords: output.storesRecords
        )
        while true {
          let partition = try partitions.next(contents) { partition throws(ConnectorError) in
            try checkStop()
            rows.removeAll()
            answering.answer(contents, partition, into: rows)
          }
          guard let partition else { break }
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

  /// Calls `body` on every thread, to go through the partitions together.
  func run(
    _ partitions: PartitionSweep,
    _ body: @Sendable (PartitionContents) throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    try concurrently(settings.workers) { _ throws(ConnectorError) in
      do throws(ConnectorError) {
        try body(partitions.makeContents())
      } catch {
        partitions.fail(error)
        throw error
      }
    }
  }
}
