import Connect
import Foundation
import PostgresConnect
import TestSupport
import Testing

@testable import InboxPipeline

@Suite struct LeaseTests {
  private let connection: PostgresConnection

  init() throws { connection = try PostgresConnection(TemporaryCluster.database()) }

  private func take(
    _ holder: LeaseHolder? = .current,
    for duration: Duration = .seconds(30)
  ) throws -> Lease {
    try #require(
      try Lease.take(
        Lease.state(on: connection),
        for: holder,
        inbox: "/inbox",
        duration: duration,
        on: connection
      )
    )
  }

  /// A process that has ended.
  private func deadHolder() throws -> LeaseHolder {
    let alive = try #require(LeaseHolder.current).description.split(separator: " ")
    return try #require(LeaseHolder("\(alive[0]) 4194999 1 \(alive[3])"))
  }

  @Test func `each holder has a greater token, and only the last one passes the fence`() throws {
    let first = try take()
    #expect(first.token == 1)
    try first.fence(on: connection)
    let second = try take()
    #expect(second.token == 2)
    try second.fence(on: connection)
    let error = #expect(throws: ConnectorError.self) { try first.fence(on: connection) }
    #expect(error?.kind == .fenced)
    #expect(try !first.renew(step: "stage", on: connection))
    #expect(try second.renew(step: "stage", on: connection))
    // Giving back what one does not have does nothing.
    try first.release(on: connection)
    try second.fence(on: connection)
    try second.release(on: connection)
    #expect(throws: ConnectorError.self) { try second.fence(on: connection) }
  }

  @Test func `who saw an older state does not get it`() throws {
    let seen = try Lease.state(on: connection)
    _ = try take()
    let late = try Lease.take(
      seen,
      for: .current,
      inbox: "/",
      duration: .seconds(1),
      on: connection
    )
    #expect(late == nil)
  }

  @Test func `a lease is live until it expires, is given back, or its holder is seen dead`() throws
  {
    let lease = try take()
    #expect(try Lease.state(on: connection)?.isLive == true)
    try lease.release(on: connection)
    #expect(try Lease.state(on: connection)?.isLive == false)
    _ = try take(for: .zero)
    #expect(try Lease.state(on: connection)?.isLive == false)
    _ = try take(deadHolder())
    let state = try #require(try Lease.state(on: connection))
    #expect(!state.isExpired)
    #expect(!state.isLive)
  }

  @Test func `a broken lease fences its holder`() throws {
    let lease = try take()
    try Lease.breakLease(#require(try Lease.state(on: connection)), on: connection)
    #expect(throws: ConnectorError.self) { try lease.fence(on: connection) }
    #expect(try Lease.state(on: connection)?.holder == nil)
  }

  @Test func `a heartbeat keeps a short lease, and learns that it is lost`() throws {
    let lease = try take(for: .seconds(3))
    let before = try Lease.state(on: connection)?.renewedAt
    let heartbeat = LeaseHeartbeat(lease, at: connection.address)
    heartbeat.start()
    heartbeat.enter(step: "stage")
    try wait { try Lease.state(on: connection)?.step == "stage" }
    #expect(try Lease.state(on: connection)?.renewedAt != before)
    _ = try take()
    try wait { (try? heartbeat.check()) == nil }
    heartbeat.end()
  }

  @Test func `a silent holder elsewhere is waited for until its lease expires`() throws {
    let elsewhere = try #require(LeaseHolder("other.host 17 1 another-boot/pid:[1]"))
    _ = try take(elsewhere, for: .seconds(1))
    let trial = try InboxTrial()
    let acquire = LeaseAcquisition(
      holder: .current,
      inbox: trial.settings.inbox,
      duration: .seconds(30),
      control: RunControl()
    )
    #expect(try acquire(on: connection)?.token == 2)
  }

  @Test func `a holder that renews is left at work`() throws {
    let elsewhere = try #require(LeaseHolder("other.host 17 1 another-boot/pid:[1]"))
    let lease = try take(elsewhere, for: .seconds(2))
    let heartbeat = LeaseHeartbeat(lease, at: connection.address)
    heartbeat.start()
    defer { heartbeat.end() }
    let trial = try InboxTrial()
    let acquire = LeaseAcquisition(
      holder: .current,
      inbox: trial.settings.inbox,
      duration: .seconds(30),
      control: RunControl()
    )
    let error = #expect(throws: ConnectorError.self) { try acquire(on: connection) }
    #expect(
      error?.message
        == "another run is at work on this database: process 17 on other.host, inbox /inbox"
    )
  }
}

/// Waits for a condition, a minute at most.
func wait(until condition: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while try !condition() {
    try #require(ContinuousClock.now < deadline, "the condition did not come true")
    usleep(20_000)
  }
}
