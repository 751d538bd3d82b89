import Attribution
import Connect
import Dataflow

/// How a task goes on whose state cannot be rebuilt, because the log has lost records since.
///
/// What was read is stored, so nothing is lost but the state. The watermark jumps to where no answer
/// can depend on it any more, and the sink settles what lies before from the stored rows:
///
///     watermark             greatest time read        + window
///     ---|------------------------|----------------------|------> event time
///        | answered again at once |                      |
///        | late from here on: answered from stored rows  | on time, with a state that knows all
struct LostState {
  /// From which on the empty state knows everything.
  let watermark: Watermark
  /// Of stored checkouts that were not final.
  let forgotten: Range<EventTime>

  /// Throws for a task whose checkouts have no answers yet, since those wait in the state only.
  init(
    after progress: TaskProgress,
    rule: AttributionRule
  ) throws(ConnectorError) {
    guard !progress.hasUnanswered else {
      throw ConnectorError(
        .lost,
        "its checkouts wait for their final answer, and the log has lost what these depend on",
        hint: "attribute what is left of the log into another database"
      )
    }
    let greatest =
      max(progress.clicks.watermark, progress.checkouts.watermark) + rule.watermarkDelay
    watermark = max(progress.watermark, greatest + rule.window + EventSpan(microseconds: 1))
    forgotten = progress.watermark..<watermark
  }

  func emptyEngine(_ rule: AttributionRule) -> FirstClick {
    var engine = FirstClick(rule: rule)
    engine.beginRebuild(watermark: watermark)
    engine.finishRebuild()
    return engine
  }
}
