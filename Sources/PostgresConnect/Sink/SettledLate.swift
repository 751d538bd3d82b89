import Connect
import Dataflow

/// What an epoch's late events come to where the recent events know all about them: rows that are
/// written with the epoch's own, in the same COPYs.
struct SettledLate: ~Copyable {
  /// Raw rows.
  private(set) var clicks = CopyBuffer()
  private(set) var checkouts = CopyBuffer()
  /// Answers to the late checkouts.
  private(set) var newAnswers = CopyBuffer()
  /// Of the epoch's new answers and of stored ones.
  let corrected: CorrectedAnswers
  /// Rows of `LateEventRow`.
  private(set) var listed = CopyBuffer()
  /// False when there is nothing to settle, or the stored rows must do it.
  let isComplete: Bool

  /// Of an epoch that is written as it is.
  init() {
    corrected = CorrectedAnswers(of: CopyBuffer(), by: CopyBuffer())
    isComplete = false
  }

  /// Of what the recent events say of the epoch's late ones, which is all about them.
  init(_ epoch: PostgresEpoch, _ found: consuming RecentAnswers) {
    clicks = epoch.lateClicks.storedRows()
    checkouts = epoch.lateCheckouts.storedRows()
    corrected = CorrectedAnswers(of: epoch.newAnswers, by: found.corrections)
    newAnswers = found.newAnswers
    let now = EventTime.wallClock
    epoch.lateClicks.listedRows(task: epoch.task, at: now, to: &listed)
    epoch.lateCheckouts.listedRows(task: epoch.task, at: now, to: &listed)
    isComplete = true
  }
}
