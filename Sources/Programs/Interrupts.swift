import Foundation
import Synchronization

/// SIGINT and SIGTERM: the first asks for a drained stop, the second ends the process with 130.
package enum Interrupts {
  private static let stop = Mutex<(@Sendable () -> Void)?>(nil)

  /// Takes the two signals over; until `onFirst` says what to stop, the first ends the process with
  /// 0, since there is nothing to drain.
  ///
  /// Call it before any other thread is started: they inherit that the signals are not theirs.
  package static func watch() {
    var signals = signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Thread.detachNewThread {
      wait()
      guard let stop = stop.withLock({ $0 }) else { _exit(0) }
      stop()
      wait()
      _exit(130)
    }
  }

  /// Makes `stop` the answer to the first interrupt; it is called on a thread of its own.
  package static func onFirst(_ stop: @escaping @Sendable () -> Void) {
    Self.stop.withLock { $0 = stop }
  }

  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }

  private static func wait() {
    var signals = signals
    var signal: Int32 = 0
    sigwait(&signals, &signal)
  }
}
