import Connect
import PostgresConnect
import TestSupport
import Testing

/// Workers that share a log by leases in one database.
@Suite struct TaskLeasesTests {
  /// A worker that does at once what it is told, and renews whenever it is asked.
  private final class Worker {
    let leases: TaskLeases
    let identity = WorkerIdentity()
    private(set) var tasks: Set<Int> = []

    init(_ address: PostgresAddress, count: Int, source: String = "log") throws {
      leases = try TaskLeases(
        at: address,
        of: source,
        count: count,
        for: identity,
        intervals: LeaseIntervals(renewal: .zero, expiry: .seconds(3600))
      )
    }

    func follow() throws {
      while let change = try leases.nextChange(atMost: .zero) {
        switch change {
        case .assigned(let given):
          #expect(tasks.isDisjoint(with: given))
          tasks.formUnion(given)
        case .revoked(let taken), .lost(let taken):
          #expect(tasks.isSuperset(of: taken))
          tasks.subtract(taken)
        }
        try leases.complete(change)
      }
    }
  }

  @Test(arguments: 0..<6)
  func `tasks are one worker's at a time, and even once nobody comes or goes`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let address = try TemporaryCluster.database()
    let connection = try PostgresConnection(address)
    let count = Int.random(in: 1...9, using: &random)
    var workers = [try Worker(address, count: count)]
    for _ in 0..<40 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0 where workers.count < 4:
        workers.append(try Worker(address, count: count))
      case 1 where workers.count > 1:
        workers.removeLast().leases.close()
      case 2:
        // Others have given it up.
        let frozen = try #require(workers.randomElement(using: &random))
        try connection.execute(
          "DELETE FROM stream_workers WHERE worker = $1",
          [frozen.identity.text]
        )
        if workers.count > 1, Bool.random(using: &random) {
          try #require(workers.first { $0 !== frozen }).follow()
        }
        try frozen.follow()
      default:
        try #require(workers.randomElement(using: &random)).follow()
      }
    }
    for _ in 0..<4 { for worker in workers { try worker.follow() } }
    #expect(workers.flatMap(\.tasks).sorted() == Array(0..<count))
    let share = (count + workers.count - 1) / workers.count
    #expect(workers.allSatisfy { $0.tasks.count <= share })
    for worker in workers { worker.leases.close() }
    #expect(try connection.query("SELECT count(*) FROM task_leases") == [["0"]])
  }

  @Test func `a worker that gives no sign of life is given up`() throws {
    let address = try TemporaryCluster.database()
    let dead = try Worker(address, count: 4)
    try dead.follow()
    let heir = try TaskLeases(at: address, of: "log", count: 4, for: WorkerIdentity())
    #expect(try heir.nextChange(atMost: .zero) == nil)
    try PostgresConnection(address).execute(
      "UPDATE stream_workers SET seen_at = now() - interval '10.5 seconds' WHERE worker = $1",
      [dead.identity.text]
    )
    #expect(try heir.nextChange(atMost: .seconds(30)) == .assigned([0, 1, 2, 3]))
    try dead.follow()
    #expect(dead.tasks.isEmpty)
    heir.close()
  }

  @Test func `workers of another log, or with other slices, are refused`() throws {
    let address = try TemporaryCluster.database()
    let worker = try Worker(address, count: 4, source: "kinesis:eu-west-1/shop, 4 slices")
    let error = #expect(throws: ConnectorError.self) {
      try Worker(address, count: 8, source: "kinesis:eu-west-1/shop, 8 slices")
    }
    #expect(
      error?.description == "the database at \(address) is fed from the log "
        + "kinesis:eu-west-1/shop, 4 slices: expected kinesis:eu-west-1/shop, 8 slices; "
        + "name another database for this log, or run as the other workers do"
    )
    worker.leases.close()
  }
}
