import Connect
import Testing

@testable import InboxPipeline

/// Runs as transcripts: what happened, and what is done next.
@Suite struct RunMachineTests {
  private enum Event {
    case done, idle, transient, permanent, fenced, stopping
  }

  /// The actions after each event, `begin` first.
  private func transcript(_ events: [Event], retryLimit: Int = 2) -> [String] {
    var machine = RunMachine(retryLimit: retryLimit)
    var actions = [machine.begin()]
    for event in events {
      switch event {
      case .done: actions.append(machine.stepDone(hasRowsToStage: true))
      case .idle: actions.append(machine.stepDone(hasRowsToStage: false))
      case .transient, .permanent, .fenced, .stopping:
        let kind: ConnectorError.Kind =
          switch event {
          case .permanent: .permanent
          case .fenced: .fenced
          default: .transient
          }
        let failure = StepFailure(ConnectorError(kind, "trouble"))
        actions.append(machine.stepFailed(failure, isStopping: event == .stopping))
      }
    }
    return actions.map { action in
      switch action {
      case .perform(let step): step.rawValue
      case .retry(let step, let number): "\(step.rawValue) again \(number)"
      case .end: "end"
      }
    }
  }

  @Test func `a run goes through its steps`() {
    #expect(
      transcript(Array(repeating: .done, count: RunStep.allCases.count))
        == RunStep.allCases.map(\.rawValue) + ["end"]
    )
  }

  @Test func `with nothing to stage it goes on to the report`() {
    #expect(
      transcript([.done, .idle, .idle, .idle])
        == ["recover", "collect", "set-aside", "report", "end"]
    )
    #expect(
      transcript([.done, .done, .idle, .idle, .idle])
        == ["recover", "collect", "validate", "set-aside", "report", "end"]
    )
    #expect(
      transcript([.done, .done, .done, .done, .idle])
        == ["recover", "collect", "validate", "set-aside", "stage", "report"]
    )
  }

  @Test func `steps of the transaction are done again together, others alone`() {
    #expect(transcript([.transient]) == ["recover", "recover again 1"])
    #expect(
      transcript(Array(repeating: .done, count: 6) + [.transient, .done, .done, .transient])
        == [
          "recover", "collect", "validate", "set-aside", "stage", "transform", "commit",
          "stage again 1",
          "transform", "commit", "stage again 2",
        ]
    )
  }

  @Test func `a step that fails too often, or for good, ends in a report`() {
    #expect(
      transcript([.transient, .transient, .transient, .done])
        == ["recover", "recover again 1", "recover again 2", "report", "end"]
    )
    #expect(transcript([.permanent, .done]) == ["recover", "report", "end"])
    #expect(transcript([.stopping, .done]) == ["recover", "report", "end"])
    #expect(transcript([.permanent, .permanent]) == ["recover", "report", "end"])
  }

  @Test func `a report that fails too leaves the run its own failure`() {
    var machine = RunMachine(retryLimit: 0)
    for message in ["first", "second"] {
      #expect(machine.reportFailure == nil)
      let failure = StepFailure(ConnectorError(.permanent, message))
      _ = machine.stepFailed(failure, isStopping: false)
    }
    #expect(machine.failure?.step == .recover)
    #expect(machine.failure?.failure.cause.message == "first")
    #expect(machine.reportFailure?.message == "second")
  }

  @Test func `a run that lost its lease says nothing more`() {
    #expect(transcript([.done, .done, .fenced]) == ["recover", "collect", "validate", "end"])
  }

  @Test func `what was committed stays so, whatever happens to the archive`() {
    var machine = RunMachine(retryLimit: 0)
    for _ in 0..<7 { _ = machine.stepDone(hasRowsToStage: true) }
    #expect(machine.isCommitted)
    _ = machine.stepFailed(StepFailure(ConnectorError(.permanent, "no")), isStopping: false)
    #expect(machine.isCommitted)
    #expect(machine.failure?.step == .archive)
  }
}
