import Attribution
import Connect
import Dataflow
import Events
import Logging

/// What a task goes on from: its last commit, and the state that it had then.
struct RestoredTask: ~Copyable {
  var engine: FirstClick
  /// With the watermark of the engine.
  var progress: TaskProgress
  var clickSegments = RebuildSegments()
  var checkoutSegments = RebuildSegments()
  /// Of stored checkouts to be answered again, because the state that they need is lost.
  var forgotten: Range<EventTime>?

  /// Takes the task over and rebuilds its state from the log up to the committed positions.
  static func takeOver(
    _ task: Int,
    _ environment: TaskEnvironment,
    _ sink: any TaskSink
  ) throws(ConnectorError) -> RestoredTask {
    let rule = environment.settings.rule
    let stored = try environment.retry("takeover", of: task) { () throws(ConnectorError) in
      try sink.open()
    }
    var restored = RestoredTask(
      engine: FirstClick(rule: rule),
      progress: stored ?? TaskProgress()
    )
    guard stored != nil else { return restored }
    let rebuild = StateRebuild(
      environment: environment,
      sink: sink,
      task: task,
      progress: restored.progress
    )
    let outcome = try rebuild.run(
      &restored.engine,
      clicks: &restored.clickSegments,
      checkouts: &restored.checkoutSegments
    )
    guard case .isIncomplete = outcome else { return restored }
    let lost = try LostState(after: restored.progress, rule: rule)
    environment.logger.warning(
      "log no longer has what the state needs: going on from the stored rows",
      metadata: ["task": "\(task)", "late_before": "\(lost.watermark.iso8601)"]
    )
    restored.goOn(with: lost, rule)
    return restored
  }

  private mutating func goOn(with lost: LostState, _ rule: AttributionRule) {
    engine = lost.emptyEngine(rule)
    progress.watermark = lost.watermark
    forgotten = lost.forgotten
  }

  consuming func takeEngine() -> FirstClick { engine }
}
