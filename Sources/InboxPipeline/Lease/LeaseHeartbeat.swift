package import Connect
import Foundation
package import PostgresConnect
import Synchronization

/// Renews the lease on a thread and a connection of its own, three times in its duration.
///
/// A database that does not answer is asked again until it does; only its answer that the lease is
/// another's ends the run, which could not commit anyway.
package final class LeaseHeartbeat: Sendable {
  private struct State {
    var step = "begin"
    var isLost = false
    var isEnding = false
  }

  private let lease: Lease
  private let address: PostgresAddress
  private let state = Mutex(State())
  private let wake = MonotonicCondition()
  private let ended = DispatchSemaphore(value: 0)

  package init(_ lease: Lease, at address: PostgresAddress) {
    self.lease = lease
    self.address = address
  }

  package func start() {
    Thread.detachNewThread { [self] in
      var connection: PostgresConnection?
      while !state.withLock({ $0.isEnding }) {
        beat(on: &connection)
        wake.withLock {
          guard !state.withLock({ $0.isEnding }) else { return }
          _ = wake.wait(until: .now + lease.duration / 3)
        }
      }
      connection?.close()
      ended.signal()
    }
  }

  private func beat(on connection: inout PostgresConnection?) {
    do throws(ConnectorError) {
      if connection?.isLost != false {
        connection = try PostgresConnection(address, applicationName: "firstclick pipeline lease")
      }
      let step = state.withLock { $0.step }
      if let connection, try !lease.renew(step: step, on: connection) {
        state.withLock { $0.isLost = true }
      }
    } catch {
      // Asked again at the next beat; the commit compares the token in any case.
    }
  }

  /// What the run is at, which `status` shows.
  package func enter(step: String) {
    state.withLock { $0.step = step }
    wake.withLock { wake.signal() }
  }

  /// - Throws: `.fenced` once it is known that the lease is another's.
  package func check() throws(ConnectorError) {
    if state.withLock({ $0.isLost }) { throw lease.lost }
  }

  /// Ends the thread and waits for it.
  package func end() {
    wake.withLock {
      state.withLock { $0.isEnding = true }
      wake.signal()
    }
    ended.wait()
  }
}
