import Connect
import Dataflow
import Foundation
import PostgresConnect
import TestSupport
import Testing

@testable import InboxPipeline

/// Runs that meet trouble: nothing half-committed, nothing lost, nobody innocent blamed.
@Suite struct TroubleTests {
  private let trial: InboxTrial

  init() throws {
    trial = try InboxTrial()
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders.csv", ShopFiles.orders)
    try trial.put("order_items.csv", ShopFiles.items)
  }

  @Test func `a file that fails three runs goes to dead with its errors`() throws {
    try trial.execute(
      "ALTER TABLE staging_orders ADD CONSTRAINT no_user_13 CHECK (user_id <> '13')"
    )
    try trial.put(
      "orders_poison.csv",
      ShopFiles.orderHeader + ShopFiles.order(7, user: 13, on: "2026-11-20")
    )
    for attempt in 1...3 {
      let result = try trial.run()
      #expect(result.status == .failed)
      #expect(result.failure?.step == "stage")
      #expect(result.failure?.file == "orders_poison.csv")
      #expect(result.failure?.message.contains("no_user_13") == true)
      #expect(result.deadFiles == (attempt == 3 ? ["orders_poison.csv"] : []))
      #expect(try trial.query("SELECT FROM staging_orders").isEmpty)
      #expect(trial.names(in: "input").count == (attempt == 3 ? 3 : 4))
    }
    #expect(
      trial.names(in: "dead") == ["orders_poison.csv", "orders_poison.csv.errors.json"]
    )
    let errors = try trial.text(of: "dead/orders_poison.csv.errors.json")
    #expect(errors.split(separator: "no_user_13").count == 4)
    #expect(try trial.run().status == .succeeded)
    #expect(try trial.days() == ["2026-11-20 2 24.50 3 2 50.00"])
  }

  @Test func `a long name is shortened where it is rejected, twice if need be`() throws {
    let name = "orders" + String(repeating: "x", count: 240) + ".csv"
    try trial.put(name, "x\n")
    #expect(try trial.run().status == .partial)
    #expect(try trial.days().count == 1)
    try trial.put(name, "y\n")
    try trial.put("order_items_2.csv", ShopFiles.itemHeader)
    #expect(try trial.run().invalidFiles == [name])
    #expect(trial.names(in: "input") == ["order_items_2.csv"])
    let names = trial.names(in: "rejected")
    #expect(names.count == 4)
    #expect(names.allSatisfy { $0.hasSuffix(".csv") || $0.hasSuffix(".csv.reason.json") })
  }

  @Test func `a long name is shortened where it is dead`() throws {
    let name = "orders" + String(repeating: "x", count: 240) + ".csv"
    try trial.put(name, ShopFiles.orderHeader + ShopFiles.order(7, user: 13, on: "2026-11-20"))
    try trial.execute(
      "ALTER TABLE staging_orders ADD CONSTRAINT no_user_13 CHECK (user_id <> '13')"
    )
    for _ in 1...2 { try trial.run() }
    #expect(try trial.run().deadFiles == [name])
    #expect(trial.names(in: "dead").count == 2)
  }

  @Test func `a file that cannot be taken away holds up no other`() throws {
    try trial.settings.inbox.prepare()
    try trial.put("orders_bad.csv", "x\n")
    try FileManager.default.removeItem(atPath: "\(trial.root)/rejected")
    _ = FileManager.default.createFile(atPath: "\(trial.root)/rejected", contents: Data())
    let result = try trial.run()
    #expect(result.status == .partial)
    #expect(result.failure == nil)
    #expect(result.otherFiles["orders_bad.csv"]?.hasSuffix("Not a directory") == true)
    #expect(trial.names(in: "input") == ["orders_bad.csv"])
    #expect(try trial.days().count == 1)
  }

  @Test func `trouble with the database blames no file`() throws {
    try trial.execute("ALTER TABLE staging_orders RENAME TO moved_away")
    for _ in 1...4 {
      let result = try trial.run()
      #expect(result.status == .failed)
      #expect(result.failure?.file == nil)
    }
    #expect(trial.names(in: "input").count == 3)
    try trial.execute("ALTER TABLE moved_away RENAME TO staging_orders")
    #expect(try trial.run().status == .succeeded)
  }

  @Test func `a lost connection is made again, and the step with it`() throws {
    try withStagingLocked { locker in
      let pipeline = trial.makePipeline()
      let outcome = inBackground { try pipeline.runOnce() }
      try wait {
        try trial.query(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'firstclick pipeline' AND wait_event_type = 'Lock'
            AND datname = current_database()
          """
        ).count == 1
      }
      try locker.execute("ROLLBACK")
      #expect(try outcome.value()?.status == .succeeded)
    }
    #expect(try trial.days() == ["2026-11-20 2 24.50 3 2 50.00"])
  }

  @Test func `a run whose lease was taken over cannot commit`() throws {
    try withStagingLocked { locker in
      let pipeline = trial.makePipeline()
      let outcome = inBackground { try pipeline.runOnce() }
      try waitForLock()
      try Lease.breakLease(
        #require(try Lease.state(on: trial.connection)),
        on: trial.connection
      )
      try locker.execute("ROLLBACK")
      let error = #expect(throws: ConnectorError.self) { try outcome.value() }
      #expect(error?.kind == .fenced)
    }
    #expect(try trial.query("SELECT FROM staging_orders").isEmpty)
    #expect(trial.names(in: "input").count == 3)
    // The next run notes the death of the one before.
    #expect(try trial.run().status == .succeeded)
    #expect(
      try trial.query("SELECT status FROM pipeline_runs ORDER BY run_id")
        == [["FAILED"], ["SUCCEEDED"]]
    )
    #expect(trial.names(in: "results").count == 2)
  }

  @Test func `a file replaced after it was read is kept for the next run`() throws {
    try withStagingLocked { locker in
      let pipeline = trial.makePipeline()
      let outcome = inBackground { try pipeline.runOnce() }
      try waitForLock()
      // Products and orders were read by then: the merge waits.
      try FileManager.default.removeItem(atPath: "\(trial.root)/input/orders.csv")
      try trial.put(
        "orders.csv",
        ShopFiles.orderHeader + ShopFiles.order(200, on: "2026-11-22"),
        age: 20
      )
      try locker.execute("ROLLBACK")
      let result = try #require(try outcome.value())
      #expect(result.status == .succeeded)
      #expect(trial.names(in: "archive/\(result.run)") == ["order_items.csv", "products.csv"])
    }
    #expect(trial.names(in: "input") == ["orders.csv"])
    try trial.put("order_items_2.csv", ShopFiles.itemHeader)
    #expect(try trial.run().days == ["2026-11-22"])
    #expect(try trial.query("SELECT FROM staging_orders").count == 3)
  }

  @Test func `a file that is being written waits for the next run`() throws {
    trial.settings.quietPeriod = .seconds(2)
    let writing = Writing("\(trial.root)/input/orders_growing.csv")
    let result = try #require(try trial.makePipeline().runOnce())
    writing.stop()
    #expect(result.status == .succeeded)
    #expect(result.validFiles.count == 3)
    #expect(result.waitingFiles == ["orders_growing.csv"])
    #expect(result.waitingFor == ["an end of changes"])
  }

  @Test func `a stop before the commit leaves the inbox as it was`() throws {
    try withStagingLocked { locker in
      let pipeline = trial.makePipeline()
      let outcome = inBackground { try pipeline.runOnce() }
      try waitForLock()
      trial.control.requestStop()
      try locker.execute("ROLLBACK")
      let result = try outcome.value()
      #expect(result?.status == .failed)
      #expect(result?.failure?.message == "stopped before the commit")
    }
    #expect(trial.names(in: "input").count == 3)
    #expect(try trial.query("SELECT FROM staging_orders").isEmpty)
  }

  @Test func `an inbox is one pipeline's, whatever the database`() throws {
    try trial.settings.inbox.prepare()
    let lock = try InboxLock(trial.settings.inbox)
    let error = #expect(throws: ConnectorError.self) { try trial.pipeline.runOnce() }
    #expect(error?.message.hasPrefix("another pipeline is at work in the inbox") == true)
    withExtendedLifetime(lock) {}
  }

  // MARK: - Meeting a run half-way

  /// While `body` runs, merges into staging_orders wait.
  private func withStagingLocked(_ body: (PostgresConnection) throws -> Void) throws {
    let locker = try PostgresConnection(trial.address)
    defer { locker.close() }
    try locker.execute("BEGIN; LOCK TABLE staging_orders IN SHARE ROW EXCLUSIVE MODE")
    try body(locker)
  }

  private func waitForLock() throws {
    try wait {
      try trial.query(
        """
        SELECT FROM pg_stat_activity
        WHERE application_name = 'firstclick pipeline' AND wait_event_type = 'Lock'
          AND datname = current_database()
        """
      ).count == 1
    }
  }
}

/// Appends to a file until it is stopped.
private final class Writing: @unchecked Sendable {
  // Guarded by the lock.
  private var isStopped = false
  private let lock = NSLock()
  private let ended = DispatchSemaphore(value: 0)

  init(_ path: String) {
    _ = FileManager.default.createFile(atPath: path, contents: Data())
    Thread.detachNewThread { [self] in
      let file = FileHandle(forWritingAtPath: path)
      while !lock.withLock({ isStopped }) {
        file?.write(Data("x".utf8))
        usleep(50_000)
      }
      try? file?.close()
      ended.signal()
    }
  }

  func stop() {
    lock.withLock { isStopped = true }
    ended.wait()
  }
}

/// What a body on a thread of its own comes to.
final class Outcome<Value>: @unchecked Sendable {
  // Written before the signal, read behind it.
  fileprivate var result: Result<Value, any Error>?
  fileprivate let ended = DispatchSemaphore(value: 0)

  func value() throws -> Value {
    ended.wait()
    return try #require(result).get()
  }
}

func inBackground<Value>(_ body: @escaping () throws -> Value) -> Outcome<Value> {
  let outcome = Outcome<Value>()
  nonisolated(unsafe) let body = body
  Thread.detachNewThread {
    outcome.result = Result { try body() }
    outcome.ended.signal()
  }
  return outcome
}
