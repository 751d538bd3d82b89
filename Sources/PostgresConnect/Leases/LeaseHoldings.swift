package import Connect

/// What a worker knows of its leases: which tasks it was given, and which ones it gives back.
///
///     table of leases   held here     becomes
///     0 1 2 3           0 1           assigned 2 3
///     0 1               0 1 2         lost 2
///     0 1 2 3           0 1 2 3       revoked 2 3, when the share is 2: leaving until completed
///
/// No I/O; used by one thread at a time.
package struct LeaseHoldings {
  private var held: Set<Int> = []
  private var leaving: Set<Int> = []

  package init() {}

  /// Takes over what the table says.
  ///
  /// - Parameters:
  ///   - leased: the tasks that are leased to this worker.
  ///   - share: how many it is to have at most.
  /// - Returns: what has changed, in the order in which it is to be done.
  package mutating func settle(leased: Set<Int>, share: Int) -> [AssignmentChange] {
    var changes: [AssignmentChange] = []
    let lost = held.subtracting(leased)
    if !lost.isEmpty {
      held.subtract(lost)
      leaving.subtract(lost)
      changes.append(.lost(lost.sorted()))
    }
    let gained = leased.subtracting(held)
    if !gained.isEmpty {
      held.formUnion(gained)
      changes.append(.assigned(gained.sorted()))
    }
    let surplus = held.subtracting(leaving).sorted().dropFirst(share)
    if !surplus.isEmpty {
      leaving.formUnion(surplus)
      changes.append(.revoked(Array(surplus)))
    }
    return changes
  }

  /// These tasks are given back.
  package mutating func release(_ tasks: [Int]) {
    held.subtract(tasks)
    leaving.subtract(tasks)
  }
}
