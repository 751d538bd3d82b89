import Attribution
import Connect
import Dataflow
import Events

/// How a task goes on whose state cannot be rebuilt, because the log has lost records since.
///
/// What was read is stored, so nothing is lost but the state. The watermark jumps to where no answer
/// can depend on it any more, and the sink settles what lies before from the stored rows:
///
///     former watermark      greatest time read        + window
///     ---|------------------------|----------------------|------> event time
///        | answered again at once |                      |
///        | late from here on: answered from stored rows  | on time, with a state that knows all
///
/// Events of these times that are still to come are on time by the data. Where what is late may be
/// dropped, they would be, with nobody to tell: then the task stops instead.
struct LostState {
  /// From which on the empty state knows everything.
  let watermark: Watermark
  /// Of stored checkouts that were not final.
  let forgotten: Range<EventTime>

  /// Throws for a task whose checkouts have no answers yet, since those wait in the state only, and
  /// where the rule drops late events that are on time by the data.
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
    let ahead = max(progress.clicks.watermark, progress.checkouts.watermark)
    watermark = max(
      progress.watermark,
      ahead + rule.watermarkDelay + rule.window + EventSpan(microseconds: 1)
    )
    forgotten = progress.watermark..<watermark
    // An input of which nothing was read yet is taken to be where the other one is.
    let former = progress.watermark == .beginning ? ahead : progress.watermark
    try Self.refuse(dropping: former, at: watermark, by: rule)
  }

  /// Throws if an event of the former watermark's time changes no answer at the new one.
  private static func refuse(
    dropping former: Watermark,
    at watermark: Watermark,
    by rule: AttributionRule
  ) throws(ConnectorError) {
    let isExpired = rule.isExpired(former, at: watermark)
    guard rule.latePolicy == .drop || isExpired else { return }
    var settings: [String] = []
    var remedies: [String] = []
    if rule.latePolicy == .drop {
      settings.append("--late drop")
      remedies.append("--late restate")
    }
    if isExpired {
      let minute = EventSpan.minutes(1).microseconds
      let span = watermark.microseconds - former.microseconds
      settings.append("--late-horizon \(rule.lateHorizon.durationText)")
      remedies.append("--late-horizon \(EventSpan.minutes((span - 1) / minute + 1).durationText)")
    }
    throw ConnectorError(
      .lost,
      "the log has lost what its state is made of: events before \(watermark.iso8601) count as late "
        + "from here on, and \(settings.joined(separator: " ")) would drop those that are on time",
      hint: "run with \(remedies.joined(separator: " ")) until its watermark has passed "
        + "\(watermark.iso8601), then go on as before"
    )
  }

  func emptyEngine(_ rule: AttributionRule) -> FirstClick {
    var engine = FirstClick(rule: rule)
    engine.beginRebuild(watermark: watermark)
    engine.finishRebuild()
    return engine
  }
}
