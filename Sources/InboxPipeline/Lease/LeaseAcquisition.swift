package import Connect
package import PostgresConnect

/// Gets the lease: at once when it is free or its holder is seen to be dead, otherwise after
/// watching whether the holder still renews it.
///
/// ```
/// live, renewed while we look      -> somebody is at work: refuse
/// live, not renewed until expiry   -> its holder died elsewhere: take over
/// ```
/// So a dead run delays the next by one lease's duration at most, and a live one is never disturbed.
package struct LeaseAcquisition {
  package let holder: LeaseHolder?
  package let inbox: InboxDirectory
  package let duration: Duration
  package let control: RunControl

  /// How often a lease that may be a dead holder's is looked at.
  private static let lookInterval = Duration.milliseconds(200)

  package init(
    holder: LeaseHolder?,
    inbox: InboxDirectory,
    duration: Duration,
    control: RunControl
  ) {
    self.holder = holder
    self.inbox = inbox
    self.duration = duration
    self.control = control
  }

  /// - Returns: the lease; nil when a stop was asked for meanwhile.
  /// - Throws: `.permanent` while another holder is at work.
  package func callAsFunction(
    on connection: PostgresConnection
  ) throws(ConnectorError) -> Lease? {
    let first = try Lease.state(on: connection)
    var state = first
    while let current = state, current.isLive {
      guard current.token == first?.token, current.renewedAt == first?.renewedAt else {
        throw busy(current)
      }
      guard control.waitToRetry(Self.lookInterval) else { return nil }
      state = try Lease.state(on: connection)
    }
    let lease = try Lease.take(
      state,
      for: holder,
      inbox: inbox.root,
      duration: duration,
      on: connection
    )
    guard let lease else { throw busy(try Lease.state(on: connection)) }
    return lease
  }

  private func busy(_ state: Lease.State?) -> ConnectorError {
    let place = state?.holder.flatMap { LeaseHolder($0) }?.name ?? "another process"
    return ConnectorError(
      .permanent,
      "another run is at work on this database: \(place), inbox \(state?.inbox ?? "?")",
      hint: "Let it finish; `batch-job pipeline status` tells how far it is."
    )
  }
}
