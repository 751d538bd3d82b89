import Foundation
import PostgresConnect
import Synchronization

/// SIGINT and SIGTERM: the first asks for a drained stop, the second ends the process with 130.
package enum Interrupts {
  /// What the first one does, and how long that may take before the process ends all the same.
  private struct Stop {
    var request: @Sendable () -> Void
    var limit: Duration?
  }

  private static let stop = Mutex<Stop?>(nil)

  /// Takes the two signals over; until `onFirst` says what to stop, the first ends the process.
  ///
  /// Call it before any other thread is started: they inherit that the signals are not theirs.
  ///
  /// - Parameter code: the exit code then: 0 for a job that goes on another time, which has nothing
  ///   to drain yet; another one for a command that is expected to have done something.
  package static func watch(endingWith code: Int32 = 0) {
    var signals = signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Thread.detachNewThread {
      wait()
      guard let stop = stop.withLock({ $0 }) else { end(code) }
      stop.request()
      guard let limit = stop.limit, !wait(atMost: limit) else {
        if stop.limit == nil { wait() }
        end(130)
      }
      Console.shared.write(
        "\(Program.invokedName): did not end within \(limit.components.seconds) s of the stop, "
          + "something does not answer; nothing is lost: the next run goes on from the last commit"
      )
      leave(1)
    }
  }

  /// Ends the process at once.
  private static func leave(_ code: Int32) -> Never {
    Program.noteEnd(code)
    _exit(code)
  }

  /// Ends the process, and what it is making with another program.
  private static func end(_ code: Int32) -> Never {
    ClusterMaking.end { wasMaking in
      if wasMaking {
        Console.shared.write("\(Program.invokedName): stopped before its PostgreSQL was made")
      }
      leave(code)
    }
  }

  /// Makes `stop` the answer to the first interrupt; it is called on a thread of its own.
  ///
  /// With a `limit` the process ends with 1 if it still runs so long after: for work of which
  /// nothing is lost then.
  package static func onFirst(
    within limit: Duration? = nil,
    _ stop: @escaping @Sendable () -> Void
  ) {
    Self.stop.withLock { $0 = Stop(request: stop, limit: limit) }
  }

  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }

  /// - Returns: whether there was another interrupt by then.
  private static func wait(atMost limit: Duration) -> Bool {
    var signals = signals
    let end = ContinuousClock.now + limit
    while true {
      let left = max(ContinuousClock.now.duration(to: end), .zero).components
      var time = timespec(tv_sec: Int(left.seconds), tv_nsec: Int(left.attoseconds / 1_000_000_000))
      if sigtimedwait(&signals, nil, &time) > 0 { return true }
      guard errno == EINTR else { return false }
    }
  }

  private static func wait() {
    var signals = signals
    var signal: Int32 = 0
    sigwait(&signals, &signal)
  }
}
