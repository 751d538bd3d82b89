import Connect
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
    let room = PartitionRoom(budget: plan.budget)
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
          let byteCount = contents.spilledByteCount(partition)
          try room.enter(partition, byteCount: byteCount)
          try contents.load(partition)
          rows.removeAll()
          answering.answer(contents, into: rows)
          contents.release()
          try room.leave(byteCount: byteCount)
          try output.write(rows, of: partition)
          partitionIsFinished()
        }
        total.withLock { $0.add(answering.summary) }
      } catch {
        output.fail(error)
        room.fail(error)
        throw error
      }
    }
    return total.withLock { $0 }
  }
}
