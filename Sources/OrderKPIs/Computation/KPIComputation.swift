/// Makes the figures of cleaned orders and items, on all cores.
///
/// ```
/// parts        rows in input order, spread by the hash of their ids and by that of their orders
///   copies     partition by partition: the items whose id came before
///   join       partition by partition: orders, first of each id; items with their orders; sums
///   customers  partition by partition: distinct users of each day
/// ```
/// A partition's tables are small enough for a core's cache. The figures depend neither on how the
/// input was cut into parts nor on the number of threads. Memory: 32 bytes an order, 48 an item, and
/// 16 more for each order with a user.
struct KPIComputation {
  let keys: KeyMaker
  let partitioning: Partitioning
  let threads: ThreadTeam
  let categoryCount: Int

  /// The sums, and what was rejected of each file.
  struct Outcome {
    var sums = FigureSums()
    var orderRejects: [RejectLog]
    var itemRejects: [RejectLog]
  }

  /// The sums of orders and items, both those of all files in order.
  func compute(_ orders: [OrderPart], _ items: [ItemPart]) -> Outcome {
    let orderFileCount = (orders.last?.place.file ?? -1) + 1
    let itemFileCount = (items.last?.place.file ?? -1) + 1
    var outcome = Outcome(
      orderRejects: Array(repeating: RejectLog(), count: orderFileCount),
      itemRejects: Array(repeating: RejectLog(), count: itemFileCount)
    )
    let copies = threads.map(partitioning.count) { next in
      var search = CopySearch(keys, fileCount: itemFileCount)
      while let partition = next() { search.search(partition, items) }
      return search.rejects
    }
    for rejects in copies { outcome.itemRejects.merge(rejects) }

    let joins = threads.map(partitioning.count) { next in
      var join = PartitionJoin(
        keys,
        partitioning,
        categoryCount: categoryCount,
        orderFileCount: orderFileCount,
        itemFileCount: itemFileCount
      )
      while let partition = next() { join.join(partition, orders, items) }
      return join.finish()
    }
    for join in joins {
      outcome.sums.merge(join.sums)
      outcome.orderRejects.merge(join.orderRejects)
      outcome.itemRejects.merge(join.itemRejects)
    }

    let customers = joins.map(\.customers)
    let counts = threads.map(partitioning.count) { next in
      var count = CustomerCount(keys)
      while let partition = next() { count.count(customers.map { $0[partition] }) }
      return count.finish()
    }
    for sums in counts { outcome.sums.merge(sums) }
    return outcome
  }
}

extension [RejectLog] {
  /// Adds the logs of the same files.
  fileprivate mutating func merge(_ others: [RejectLog]) {
    for (file, log) in others.enumerated() { self[file].append(log) }
  }
}
