package import Connect

/// Which step a run performs next, after what happened to the one before: all decisions of a run,
/// and no I/O.
///
/// ```
/// recover -> collect -> validate -> setAside -> stage -> transform -> commit -> archive -> report
///               |                    ^   |       |  ^-------'----------'                     ^
///               '-- nothing to stage-'   '-------'      tried again together                 |
///                                        '-- nothing to stage -------------------------------'
///            any step: given up, stopped ----------------------------------------------------'
///            any step: lease lost -> end, since another run reports by now
/// ```
package struct RunMachine: Sendable {
  package enum Action: Sendable {
    case perform(RunStep)
    /// Roll back, wait for the `number`th retry's backoff, then perform.
    case retry(RunStep, number: Int)
    case end
  }

  /// How often one step is tried again in a row.
  private let retryLimit: Int
  private var step = RunStep.recover
  private var retries = 0

  /// Why the run is given up; nil as long as it is not.
  package private(set) var failure: (step: RunStep, failure: StepFailure)?
  /// Why what became of the run could not be reported.
  package private(set) var reportFailure: ConnectorError?
  /// The run's rows are in the database.
  package private(set) var isCommitted = false
  /// Another run has the lease.
  package private(set) var isFenced = false

  package init(retryLimit: Int) { self.retryLimit = retryLimit }

  package mutating func begin() -> Action { .perform(step) }

  /// The step succeeded.
  ///
  /// - Parameter hasRowsToStage: whether there is anything to write to the database.
  /// - Returns: the next step, or the end.
  package mutating func stepDone(hasRowsToStage: Bool) -> Action {
    retries = step.retriedFrom == .stage && step != .commit ? retries : 0
    if step == .commit { isCommitted = true }
    guard let next = hasRowsToStage ? step.next : nextWithoutRows else { return .end }
    step = next
    return .perform(next)
  }

  /// Duplicates are taken away when nothing else is there.
  private var nextWithoutRows: RunStep? {
    switch step {
    case .collect: .setAside
    case .setAside, .stage: .report
    default: step.next
    }
  }

  /// The step failed.
  ///
  /// - Parameters:
  ///   - failure: why.
  ///   - isStopping: whether the pipeline is to end: then nothing is tried again.
  /// - Returns: a retry while the cause may pass, otherwise the way to the end.
  package mutating func stepFailed(_ failure: StepFailure, isStopping: Bool) -> Action {
    if failure.cause.kind == .fenced {
      isFenced = true
      self.failure = (step, failure)
      return .end
    }
    if failure.cause.kind == .transient, retries < retryLimit, !isStopping {
      retries += 1
      step = step.retriedFrom
      return .retry(step, number: retries)
    }
    guard step != .report else {
      reportFailure = failure.cause
      return .end
    }
    self.failure = (step, failure)
    step = .report
    retries = 0
    return .perform(.report)
  }
}
