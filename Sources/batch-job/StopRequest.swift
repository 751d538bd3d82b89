import Synchronization

/// An interrupt, for work that is begun again: whatever is under way is told, and what begins later.
final class StopRequest: Sendable {
  private struct State {
    var isRequested = false
    var action: @Sendable () -> Void = {}
  }

  private let state = Mutex(State())

  var isRequested: Bool { state.withLock { $0.isRequested } }

  func callAsFunction() {
    let action = state.withLock { state in
      state.isRequested = true
      return state.action
    }
    action()
  }

  /// Has the request do this, at once if it was made already.
  func onRequest(_ action: @escaping @Sendable () -> Void) {
    let isRequested = state.withLock { state in
      state.action = action
      return state.isRequested
    }
    if isRequested { action() }
  }
}
