import Connect
import Synchronization

extension AttributionJob {
  /// What an id that is compared by its bytes takes of the memory, about.
  private static let comparedIDByteCount = 256
  /// Of the filter's bits: one for so many events keeps it in the processor's cache.
  private static let eventsPerFilterBit = 4

  /// Finds the ids that come more than once, by their fingerprints; those that come in several
  /// partitions of users by their bytes.
  func findRepeatedIDs(
    _ key: FingerprintKey,
    _ writers: [PartitionWriter],
    _ pool: BlockPool
  ) throws(ConnectorError) -> RepeatedIDs {
    let partitions = plan.fingerprintPartitions
    let byteCount = writers.reduce(0) { $0 + $1.byteCount(of: partitions) }
    let filter = HashFilter(
      partitionCount: partitions.count,
      expectedCount: byteCount / Fingerprint.byteCount / Self.eventsPerFilterBit
    )
    let shared = Mutex(SharedIDs(key, partitionCount: partitions.count))
    let isEmpty = Atomic(true)
    let sweep = PartitionSweep(
      over: partitions,
      of: writers,
      pool,
      budget: plan.budget,
      isLast: true
    )
    try run(sweep) { contents throws(ConnectorError) in
      var search = RepeatSearch()
      try sweep.forEach(contents) { partition throws(ConnectorError) in
        try checkStop()
        let number = partition - partitions.lowerBound
        let found = search.search(contents, number, into: filter)
        if !found.isEmpty { shared.withLock { $0.replace(number, by: found) } }
      }
      if search.hasFound { isEmpty.store(false, ordering: .relaxed) }
    }
    return RepeatedIDs(
      key: key,
      filter: filter,
      shared: try check(shared.withLock { $0 }, filter, key, writers, pool),
      isEmpty: isEmpty.load(ordering: .relaxed)
    )
  }

  /// Leaves the ids that really are shared: compares as many at a time as memory has room for.
  private func check(
    _ shared: SharedIDs,
    _ filter: HashFilter,
    _ key: FingerprintKey,
    _ writers: [PartitionWriter],
    _ pool: BlockPool
  ) throws(ConnectorError) -> SharedIDs {
    var checked = shared
    for range in shared.ranges(ofAtMost: plan.budget / Self.comparedIDByteCount) {
      let check = SharedIDCheck(shared, filter, key, in: range)
      let sweep = PartitionSweep(
        over: plan.userPartitions,
        of: writers,
        pool,
        budget: plan.budget,
        isLast: false
      )
      try run(sweep) { contents throws(ConnectorError) in
        try sweep.forEach(contents) { partition throws(ConnectorError) in
          try checkStop()
          check.search(contents, partition)
        }
      }
      for (partition, confirmed) in zip(range, try check.confirmed()) {
        checked.replace(partition, by: confirmed)
      }
    }
    return checked
  }
}
