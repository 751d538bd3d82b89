import Foundation
import Synchronization

/// SIGINT and SIGTERM: the first asks for a drained stop, the second ends the process with 130.
package enum Interrupts {
  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }

  /// Calls `stop` on a thread of its own at the first interrupt.
  ///
  /// Call it before other threads are started: they inherit that the signals are not theirs.
  package static func onFirst(_ stop: @escaping @Sendable () -> Void) {
    var signals = signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Thread.detachNewThread {
      _ = wait()
      stop()
      _ = wait()
      _exit(130)
    }
  }

  private static func wait() -> Int32 {
    var signals = signals
    var signal: Int32 = 0
    sigwait(&signals, &signal)
    return signal
  }
}
