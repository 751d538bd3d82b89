/// When a task fills, commits and waits: the commit protocol of one task, without its I/O.
///
/// Two epochs at most: one that fills and one in flight, which the sink is committing.
///
///                      changed                    commit
///     filling: empty ----------> open since t ---------------> in flight
///                ^                                                 | acknowledged
///                +-------------------------------------------------+
///
///     open for the interval, or full, nothing in flight  ->  commit
///     full, one in flight                                ->  wait: back-pressure
///     draining                                           ->  wait, commit what is open, finish
///
/// Time and sizes are passed in. Every call is O(1).
package struct EpochLedger: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    /// Go on reading.
    case fill
    /// Hand the filling epoch over to the sink, then say `handedOver`.
    case commit
    /// Read nothing: the epoch in flight must be acknowledged first.
    case wait
    /// Drained: everything is committed.
    case finish
  }

  package let interval: Duration
  /// In bytes, of one epoch.
  package let byteLimit: Int

  private var openSince: ContinuousClock.Instant?
  private var byteCount = 0
  private var isDraining = false
  package private(set) var isInFlight = false

  package init(interval: Duration, byteLimit: Int) {
    self.interval = interval
    self.byteLimit = byteLimit
  }

  /// True when something is uncommitted that was not handed over yet.
  package var isOpen: Bool { openSince != nil }

  /// The filling epoch has `byteCount` bytes now, or positions or the watermark have moved.
  package mutating func changed(byteCount: Int, at now: ContinuousClock.Instant) {
    openSince = openSince ?? now
    self.byteCount = byteCount
  }

  package func nextAction(at now: ContinuousClock.Instant) -> Action {
    guard let openSince else {
      guard isDraining else { return .fill }
      return isInFlight ? .wait : .finish
    }
    let isFull = byteCount >= byteLimit
    guard isDraining || isFull || openSince.duration(to: now) >= interval else { return .fill }
    guard isInFlight else { return .commit }
    return isDraining || isFull ? .wait : .fill
  }

  /// The filling epoch is the sink's now; an empty one fills.
  package mutating func handedOver() {
    precondition(isOpen && !isInFlight, "epoch handed over in state \(self)")
    isInFlight = true
    openSince = nil
    byteCount = 0
  }

  /// The sink has committed the epoch in flight.
  package mutating func acknowledged() {
    precondition(isInFlight, "commit acknowledged in state \(self)")
    isInFlight = false
  }

  /// No more is read: commit what there is, then finish.
  package mutating func drain() { isDraining = true }
}
