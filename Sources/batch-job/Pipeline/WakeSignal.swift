import Foundation

/// SIGUSR1: asks a pipeline that waits for its next run to begin one now.
enum WakeSignal {
  static let number = SIGUSR1

  /// Keeps the signal until `watch` looks for it.
  ///
  /// Call it before any other thread is started: they inherit that the signal is not theirs.
  static func keep() {
    var signals = signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    return signals
  }

  /// Calls `wake` at each signal, on a thread of its own.
  static func watch(_ wake: @escaping @Sendable () -> Void) {
    Thread.detachNewThread {
      var signals = signals
      var signal: Int32 = 0
      while sigwait(&signals, &signal) == 0 { wake() }
    }
  }
}
