import Attribution
import Connect
import Dataflow

/// Answers one partition after another on one thread: user by user, by one walk along the user's
/// clicks and checkouts in the order of time.
///
/// ```
/// clicks       a   b       c   d
/// checkouts              k       l         k: a, 2 clicks      l: b, 3 clicks
///              |--window-|
///                  |----window---|
/// ```
/// The answers are those of `FirstClick` over the same records with the end of input behind them:
/// when nothing more can come, sorting a user's events is all that remains of its state.
struct PartitionAnswering: ~Copyable {
  private(set) var summary = AttributionJob.Summary()
  /// In microseconds.
  private let window: Int64
  private let storesRecords: Bool
  private var records = UserRecords()
  private var timeline = Timeline()
  private var answers = AnswerBatch()
  private var wholeRecords = WholeRecords()

  init(rule: AttributionRule, storesRecords: Bool) {
    window = rule.window.microseconds
    self.storesRecords = storesRecords
  }

  /// Adds the rows of the partition.
  mutating func answer(_ contents: PartitionContents, into rows: any OutputRows) {
    records.load(contents)
    contents.groups.withUnsafeBufferPointer { groups in
      for user in 0..<records.userCount {
        let (allClicks, allCheckouts) = records[user]
        let (clicks, checkouts) = (timeline.order(allClicks), timeline.order(allCheckouts))
        summary.clicks.add(all: allClicks.count, distinct: clicks.count)
        summary.checkouts.add(all: allCheckouts.count, distinct: checkouts.count)
        if storesRecords { store(clicks, checkouts, groups, into: rows) }
        walk(clicks, checkouts, groups, into: rows)
      }
      flush(groups, into: rows)
      if storesRecords { wholeRecords.flush(into: rows) }
    }
  }

  /// Finds the first click of each of a user's checkouts, and counts the candidates.
  private mutating func walk(
    _ clicks: UnsafeMutableBufferPointer<UserRecords.Entry>,
    _ checkouts: UnsafeMutableBufferPointer<UserRecords.Entry>,
    _ groups: UnsafeBufferPointer<TextGroups>,
    into rows: any OutputRows
  ) {
    var (first, end) = (0, 0)
    for checkout in checkouts {
      let (start, isBeforeAll) = checkout.time.subtractingReportingOverflow(window)
      while end < clicks.count, clicks[end].time <= checkout.time { end += 1 }
      while first < end, !isBeforeAll, clicks[first].time < start { first += 1 }
      if answers.isFull { flush(groups, into: rows) }
      answers.append(
        checkout: checkout.record,
        click: first < end ? clicks[first].record : nil,
        clickCount: end - first
      )
      summary.answers += 1
      summary.attributed += first < end ? 1 : 0
    }
  }

  private mutating func flush(
    _ groups: UnsafeBufferPointer<TextGroups>,
    into rows: any OutputRows
  ) {
    rows.append(answers.take(groups))
  }

  private mutating func store(
    _ clicks: UnsafeMutableBufferPointer<UserRecords.Entry>,
    _ checkouts: UnsafeMutableBufferPointer<UserRecords.Entry>,
    _ groups: UnsafeBufferPointer<TextGroups>,
    into rows: any OutputRows
  ) {
    for click in clicks {
      wholeRecords.append(click.record, of: .clicks, groups, into: rows)
    }
    for checkout in checkouts {
      wholeRecords.append(checkout.record, of: .checkouts, groups, into: rows)
    }
  }
}

extension AttributionJob.StreamCounts {
  fileprivate mutating func add(all: Int, distinct: Int) {
    events += Int64(all)
    duplicates += Int64(all - distinct)
  }
}
