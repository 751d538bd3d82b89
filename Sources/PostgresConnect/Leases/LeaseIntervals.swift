/// How often a worker gives a sign of life, and when it is given up.
package struct LeaseIntervals: Sendable {
  /// Between two signs of life.
  package var renewal: Duration
  /// A worker that was not seen for so long has no leases any more.
  package var expiry: Duration

  package init(renewal: Duration = .seconds(1), expiry: Duration = .seconds(10)) {
    self.renewal = renewal
    self.expiry = expiry
  }
}
