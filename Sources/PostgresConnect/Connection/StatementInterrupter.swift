import Connect
import Foundation

extension PostgresConnection {
  /// Calls `body`, whose statements are canceled once a stop is asked for, however long they would
  /// take.
  ///
  /// A stop that finds no statement under way lets `body` end as if nothing was: the caller looks once
  /// more before it commits.
  ///
  /// - Parameters:
  ///   - isStopRequested: asked by another thread, every 50 ms.
  ///   - body: uses the connection, on this thread.
  /// - Throws: what `body` does: of a canceled statement an error with `isOfCanceledStatement`.
  package func endingStatements<Failure: Error>(
    at isStopRequested: @escaping @Sendable () -> Bool,
    _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    let interrupter = StatementInterrupter(of: self, at: isStopRequested)
    interrupter.start()
    defer { interrupter.end() }
    try body()
  }
}

/// Cancels the statements of a connection once a stop is asked for.
///
/// Again and again until its end: a request that comes between two statements cancels neither.
///
/// Unchecked: `isOver` is touched under the condition's lock only.
private final class StatementInterrupter: @unchecked Sendable {
  private static let interval = Duration.milliseconds(50)

  private let cancel: StatementCancel
  private let isStopRequested: @Sendable () -> Bool
  private let condition = MonotonicCondition()
  private var isOver = false
  private let ended = DispatchSemaphore(value: 0)

  init(of connection: PostgresConnection, at isStopRequested: @escaping @Sendable () -> Bool) {
    cancel = StatementCancel(of: connection)
    self.isStopRequested = isStopRequested
  }

  /// Looks for a stop, on a thread of its own.
  func start() {
    Thread.detachNewThread { [self] in
      while waitForNextLook() {
        if isStopRequested() { cancel() }
      }
      ended.signal()
    }
  }

  /// - Returns: false when it is over.
  private func waitForNextLook() -> Bool {
    condition.withLock {
      let deadline = ContinuousClock.now + Self.interval
      while !isOver, condition.wait(until: deadline) {}
      return !isOver
    }
  }

  /// Ends the thread; from then on nothing is canceled.
  func end() {
    condition.withLock {
      isOver = true
      condition.signal()
    }
    ended.wait()
  }
}
