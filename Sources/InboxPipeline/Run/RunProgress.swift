import Synchronization

/// How far a run is, for whoever watches from another thread.
package final class RunProgress: Sendable {
  private struct State {
    var step = RunStep.recover
    var doneCount = 0
    var fileCount = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// `stage: 12 of 300 files`, `commit`.
  package var text: String {
    state.withLock { state in
      state.fileCount == 0
        ? state.step.rawValue
        : "\(state.step.rawValue): \(state.doneCount) of \(state.fileCount) files"
    }
  }

  /// A step begins, which has so many files to look at one by one.
  func begin(_ step: RunStep, fileCount: Int) {
    state.withLock { $0 = State(step: step, doneCount: 0, fileCount: fileCount) }
  }

  func fileDone() { state.withLock { $0.doneCount += 1 } }
}
