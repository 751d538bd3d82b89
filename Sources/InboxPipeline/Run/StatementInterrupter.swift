import Foundation
import PostgresConnect
import Synchronization

/// Cancels the statements of a step once a stop is asked for, however long they would take.
///
/// Again and again until the step has ended: a request that comes between two statements cancels
/// neither.
final class StatementInterrupter: Sendable {
  private static let pause: UInt32 = 50_000

  private let cancel: StatementCancel
  private let control: RunControl
  private let isOver = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  init(of connection: PostgresConnection, control: RunControl) {
    cancel = StatementCancel(of: connection)
    self.control = control
  }

  /// Watches for a stop, on a thread of its own.
  func start() {
    Thread.detachNewThread { [self] in
      while control.waitForStop(unless: { isOver.load(ordering: .acquiring) }) {
        cancel()
        usleep(Self.pause)
      }
      ended.signal()
    }
  }

  /// Ends the thread; from then on nothing is cancelled.
  func end() {
    isOver.store(true, ordering: .releasing)
    control.wake()
    ended.wait()
  }
}
