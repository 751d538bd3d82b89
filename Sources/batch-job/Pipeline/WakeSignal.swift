import Foundation

/// SIGUSR1: asks a pipeline that waits for its next run to begin one now.
enum WakeSignal {
  static let number = SIGUSR1

  /// Calls `wake` at each signal, on a thread of its own.
  ///
  /// Call it before any other thread is started: they inherit that the signal is not theirs.
  static func watch(_ wake: @escaping @Sendable () -> Void) {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Thread.detachNewThread {
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, number)
      var signal: Int32 = 0
      while sigwait(&signals, &signal) == 0 { wake() }
    }
  }
}
