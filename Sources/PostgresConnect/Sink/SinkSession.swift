import Attribution
import Connect
import Dataflow
import Events

/// A sink's connection and what it has set up there: staging tables, known days.
final class SinkSession {
  let connection: PostgresConnection
  private var hasStagingTables = false
  private var knownDays: Set<Int64> = []

  init(_ address: PostgresAddress) throws(ConnectorError) {
    connection = try PostgresConnection(address, applicationName: "firstclick sink")
    // jit would compile the late rules' plans for longer than it runs them. The time-outs keep a
    // worker that hangs, stopped in a debugger perhaps, from blocking the one that takes over.
    try connection.execute(
      """
      SET jit = off;
      SET lock_timeout = '30s';
      SET idle_in_transaction_session_timeout = '60s'
      """
    )
  }

  /// Makes what the epoch's transaction needs, outside of it.
  func prepare(for epoch: PostgresEpoch) throws(ConnectorError) {
    let newDays = epoch.days.days.subtracting(knownDays)
    if !newDays.isEmpty {
      try connection.execute(
        "SELECT ecommerce.ensure_day_partitions($1::date[])",
        [DaySet.arrayLiteral(newDays)]
      )
      knownDays.formUnion(newDays)
    }
    if !hasStagingTables && (epoch.hasLateEvents || !epoch.revisions.isEmpty) {
      try connection.execute(StagingTables.creation)
      hasStagingTables = true
    }
  }

  func copyRawRows(of epoch: PostgresEpoch) throws(ConnectorError) {
    try connection.copy(epoch.clicks, into: ClickRecord.table, columns: ClickRecord.columns)
    try connection.copy(
      epoch.checkouts,
      into: CheckoutRecord.table,
      columns: CheckoutRecord.columns
    )
  }

  /// New answers are plain rows; revisions replace the stored row where they differ from it.
  func copyAnswers(of epoch: PostgresEpoch) throws(ConnectorError) {
    try connection.copy(
      epoch.newAnswers,
      into: "ecommerce.attributions",
      columns: AnswerRow.columns
    )
    guard try stageRevisions(of: epoch) else { return }
    try connection.execute(StagingTables.restatement(from: StagingTables.revisions))
  }

  /// - Returns: whether there are any.
  func stageRevisions(of epoch: PostgresEpoch) throws(ConnectorError) -> Bool {
    guard !epoch.revisions.isEmpty else { return false }
    try connection.copy(
      epoch.revisions,
      into: StagingTables.revisions,
      columns: AnswerRow.columns
    )
    return true
  }

  func copyDeadLetters(of epoch: PostgresEpoch) throws(ConnectorError) {
    try connection.copy(
      epoch.deadLetters,
      into: DeadLetterRow.table,
      columns: DeadLetterRow.columns
    )
  }

  func copyGaps(of epoch: PostgresEpoch) throws(ConnectorError) {
    try connection.copy(epoch.gaps, into: GapRow.table, columns: GapRow.columns)
  }

  /// Settles the late events against the stored rows; nothing to do in most epochs.
  func settleLateEvents(
    of epoch: PostgresEpoch,
    rule: AttributionRule,
    watermark: Watermark
  ) throws(ConnectorError) -> CommitReceipt {
    guard epoch.hasLateEvents else { return CommitReceipt() }
    let rules = LateRules(task: epoch.task, window: rule.window, watermark: watermark)
    let remaining = try rules.settle(epoch, on: connection)
    var receipt = CommitReceipt()
    receipt.lateClickDuplicates = epoch.lateNotes.counts[.clicks, default: 0] - remaining.clicks.stored
    receipt.lateCheckoutDuplicates = epoch.lateNotes.counts[.checkouts, default: 0] - remaining.checkouts.stored
    receipt.lateClicksDropped = remaining.clicks.dropped
    receipt.lateCheckoutsDropped = remaining.checkouts.dropped
    return receipt
  }
}
