import Connect
import Foundation
import Synchronization
import Testing

@testable import KafkaConnect

@Suite struct MembershipTests {
  @Test func `one worker is given every task`() throws {
    let shop = try Shop(partitions: 6, properties: Self.patience)
    let worker = try GroupWorker(shop)
    defer { worker.leave() }
    try eventually { worker.tasks == Set(0..<6) }
  }

  @Test func `workers share the tasks, and one that leaves gives its own back`() throws {
    let shop = try Shop(partitions: 6, brokers: 3, properties: Self.patience)
    let claims = TaskClaims()
    var workers = [try GroupWorker(shop, claims)]
    defer { workers.forEach { $0.leave() } }
    try eventually { workers[0].tasks.count == 6 }
    for count in 2...3 {
      workers.append(try GroupWorker(shop, claims))
      try eventually {
        workers.allSatisfy { $0.tasks.count == 6 / count }
          && Set(workers.flatMap(\.tasks)) == Set(0..<6)
      }
    }
    workers.removeFirst().leave()
    try eventually {
      workers.allSatisfy { $0.tasks.count == 3 } && Set(workers.flatMap(\.tasks)) == Set(0..<6)
    }
    workers.removeFirst().leave()
    try eventually { workers[0].tasks.count == 6 }
    #expect(claims.conflicts == 0)
    // Cooperative: what stays with a worker is not taken away for a moment.
    #expect(workers[0].gained == 6)
  }

  @Test func `a worker whose session has ended loses its tasks and joins again`() throws {
    let shop = try Shop(partitions: 3, properties: Self.patience)
    let worker = try GroupWorker(shop)
    defer { worker.leave() }
    try eventually { worker.tasks.count == 3 }
    try shop.broker.fail(.heartbeat, with: "UNKNOWN_MEMBER_ID", count: 1)
    try eventually { worker.losses == 3 }
    try eventually { worker.tasks.count == 3 }
  }

  @Test func `reported positions are committed for tools, and not read`() throws {
    let shop = try Shop(partitions: 2, properties: Self.patience)
    let worker = try GroupWorker(shop)
    try eventually { worker.tasks.count == 2 }
    worker.membership.report(
      task: 1,
      clicks: SourcePosition("17"),
      checkouts: SourcePosition("5")
    )
    worker.leave()
    let offsets = try shop.committedOffsets(of: "firstclick-shop-test")
    #expect(offsets == [.clicks: [nil, 17], .checkouts: [nil, 5]])
  }

  @Test func `a group that may not be joined is an error that says so`() throws {
    let shop = try Shop(partitions: 2, properties: Self.patience)
    let log = try KafkaLog(shop.settings, logger: .silent)
    try shop.broker.fail(.findCoordinator, with: "GROUP_AUTHORIZATION_FAILED", count: 50)
    let membership = try #require(try log.joinGroup(feeding: "test"))
    defer { membership.close() }
    let error = try #require(throws: ConnectorError.self) {
      try eventually { try membership.nextChange(atMost: .milliseconds(100)) != nil }
    }
    #expect(error.kind == .permanent)
    #expect(
      error.hint == "give the user the right to read the group, or name one by kafka.group.id"
    )
  }

  @Test(
    arguments: [
      (
        .joinGroup,
        [
          "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR", "REBALANCE_IN_PROGRESS",
          "UNKNOWN_MEMBER_ID",
        ]
      ), (.syncGroup, ["REBALANCE_IN_PROGRESS", "NOT_COORDINATOR", "UNKNOWN_MEMBER_ID"]),
      (
        .heartbeat,
        [
          "NOT_COORDINATOR", "REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION",
          "COORDINATOR_NOT_AVAILABLE",
        ]
      ), (.findCoordinator, ["COORDINATOR_NOT_AVAILABLE", "_TRANSPORT"]),
      (.offsetCommit, ["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "NOT_COORDINATOR"]),
    ] as [(LocalBroker.Request, [String])]
  )
  func `trouble with the group that passes leaves the worker with its tasks`(
    request: LocalBroker.Request,
    errors: [String]
  ) throws {
    let shop = try Shop(partitions: 3, properties: Self.patience)
    for error in errors { try shop.broker.fail(request, with: error) }
    let worker = try GroupWorker(shop)
    defer { worker.leave() }
    try eventually { worker.tasks.count == 3 }
    for error in errors { try shop.broker.fail(request, with: error) }
    worker.membership.report(task: 0, clicks: SourcePosition("1"), checkouts: nil)
    let other = try GroupWorker(shop)
    try eventually { Set([1, 2]) == Set([worker.tasks.count, other.tasks.count]) }
    other.leave()
    try eventually { worker.tasks.count == 3 }
    #expect(worker.failure == nil)
    #expect(other.failure == nil)
  }

  @Test(
    arguments: [
      (
        "INCONSISTENT_GROUP_PROTOCOL",
        "the group's other members are of another program: leave kafka.group.id out, or name a group "
          + "of this job's own"
      ),
      (
        "INVALID_SESSION_TIMEOUT",
        "set kafka.session.timeout.ms between the brokers' group.min.session.timeout.ms and "
          + "group.max.session.timeout.ms"
      ),
      ("GROUP_MAX_SIZE_REACHED", "start fewer workers, or raise the brokers' group.max.size"),
      (
        "FENCED_INSTANCE_ID",
        "give every worker a kafka.group.instance.id of its own, or leave it out"
      ),
    ]
  )
  func `a worker that the group will never take says so`(error: String, hint: String) throws {
    let shop = try Shop(
      partitions: 2,
      properties: Self.patience.merging(["group.instance.id": "one"]) { $1 }
    )
    try shop.broker.fail(.joinGroup, with: error, count: 50)
    let worker = try GroupWorker(shop)
    defer { worker.leave() }
    try eventually { worker.failure != nil }
    #expect(worker.failure?.kind == .permanent)
    #expect(worker.failure?.message.hasPrefix("could not stay in the group at ") == true)
    #expect(worker.failure?.hint == hint)
  }

  @Test func `a worker whose instance id another one takes says so, and can leave`() throws {
    let shop = try Shop(
      partitions: 2,
      properties: Self.patience.merging(["group.instance.id": "one"]) { $1 }
    )
    let worker = try GroupWorker(shop)
    defer { worker.leave() }
    try eventually { worker.tasks.count == 2 }
    try shop.broker.fail(.heartbeat, with: "FENCED_INSTANCE_ID")
    try eventually { worker.failure != nil }
    #expect(
      worker.failure?.hint
        == "give every worker a kafka.group.instance.id of its own, or leave it out"
    )
  }

  @Test(arguments: StreamKind.allCases)
  func `a worker learns without reading that a topic was deleted, and can leave`(
    stream: StreamKind
  ) throws {
    let shop = try Shop(partitions: 2, properties: Self.patience)
    let log = try KafkaLog(shop.settings, watch: .short, logger: .silent)
    var membership = try log.joinGroup(feeding: "test")
    var tasks = 0
    let error = try #require(throws: ConnectorError.self) {
      try eventually {
        guard let change = try membership?.nextChange(atMost: .milliseconds(100)) else {
          return false
        }
        try membership?.complete(change)
        if case .assigned(let assigned) = change { tasks += assigned.count }
        if tasks == 2 {
          try shop.broker.setError(
            ofTopic: shop.settings.topic(of: stream),
            to: "UNKNOWN_TOPIC_OR_PART"
          )
        }
        return false
      }
    }
    #expect(error.message == "a topic of \(shop.settings) was deleted while it was read")
    membership?.close()
    membership = nil
  }

  private static let patience = ["session.timeout.ms": "6000", "heartbeat.interval.ms": "200"]
}

/// Which worker has a task, seen by all of them.
final class TaskClaims: Sendable {
  private let state = Mutex<(owned: Set<Int>, conflicts: Int)>(([], 0))

  var conflicts: Int { state.withLock { $0.conflicts } }

  func take(_ tasks: [Int]) {
    state.withLock { state in
      state.conflicts += tasks.count { state.owned.contains($0) }
      state.owned.formUnion(tasks)
    }
  }

  func give(_ tasks: [Int]) { state.withLock { $0.owned.subtract(tasks) } }
}

/// A member of the group with a thread of its own, which does what it is told.
final class GroupWorker: Sendable {
  private struct State {
    var tasks: Set<Int> = []
    var gained = 0
    var losses = 0
    var failure: ConnectorError?
  }

  let membership: any TaskAssignment
  private let claims: TaskClaims
  private let state = Mutex(State())
  private let isLeaving = Atomic(false)
  private let hasLeft = Atomic(false)

  init(_ shop: Shop, _ claims: TaskClaims = TaskClaims()) throws {
    let log = try KafkaLog(shop.settings, logger: .silent)
    membership = try #require(try log.joinGroup(feeding: "test"))
    self.claims = claims
    Thread.detachNewThread { [self] in
      do {
        while !isLeaving.load(ordering: .acquiring) {
          if let change = try membership.nextChange(atMost: .milliseconds(50)) {
            try follow(change)
          }
        }
      } catch {
        state.withLock { $0.failure = error as? ConnectorError }
      }
      claims.give(Array(tasks))
      membership.close()
      hasLeft.store(true, ordering: .releasing)
    }
  }

  var tasks: Set<Int> { state.withLock { $0.tasks } }
  var gained: Int { state.withLock { $0.gained } }
  var losses: Int { state.withLock { $0.losses } }
  var failure: ConnectorError? { state.withLock { $0.failure } }

  /// Ends the thread and leaves the group.
  func leave() {
    isLeaving.store(true, ordering: .releasing)
    while !hasLeft.load(ordering: .acquiring) { Thread.sleep(forTimeInterval: 0.01) }
  }

  private func follow(_ change: AssignmentChange) throws {
    switch change {
    case .assigned(let tasks):
      claims.take(tasks)
      state.withLock {
        $0.tasks.formUnion(tasks)
        $0.gained += tasks.count
      }
    case .revoked(let tasks), .lost(let tasks):
      claims.give(tasks)
      state.withLock {
        $0.tasks.subtract(tasks)
        if case .lost = change { $0.losses += tasks.count }
      }
    }
    try membership.complete(change)
  }
}
