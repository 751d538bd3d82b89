import Attribution
import Connect
import Dataflow

/// Answers one partition after another on one thread: each user's distinct events are brought into
/// the order of time and given to `BoundedFirstClick`.
struct PartitionAnswering: ~Copyable {
  private(set) var summary = AttributionJob.Summary()
  private let operation: BoundedFirstClick
  private let storesRecords: Bool
  private var records: UserRecords
  private var answers = AnswerBatch()
  private var wholeRecords = WholeRecords()

  /// - Parameters:
  ///   - rule: which click is a checkout's.
  ///   - repeated: the ids that come more than once in the input.
  ///   - storesRecords: whether rows are of records too.
  init(rule: AttributionRule, without repeated: RepeatedIDs, storesRecords: Bool) {
    records = UserRecords(repeated)
    operation = BoundedFirstClick(rule: rule)
    self.storesRecords = storesRecords
  }

  /// Adds the rows of the partition.
  mutating func answer(
    _ contents: PartitionContents,
    _ partition: Int,
    into rows: any OutputRows
  ) {
    records.load(contents, partition)
    summary.clicks.add(duplicates: records.duplicates.clicks)
    summary.checkouts.add(duplicates: records.duplicates.checkouts)
    contents.groups.withUnsafeBufferPointer { groups in
      for user in 0..<records.userCount {
        let (clicks, checkouts) = records[user]
        TimeOrder.sort(clicks)
        TimeOrder.sort(checkouts)
        summary.clicks.events += Int64(clicks.count)
        summary.checkouts.events += Int64(checkouts.count)
        if storesRecords { store(clicks, checkouts, groups, into: rows) }
        attribute(clicks, checkouts, groups, into: rows)
      }
      flush(groups, into: rows)
      if storesRecords { wholeRecords.flush(into: rows) }
    }
  }

  private mutating func attribute(
    _ clicks: UnsafeMutableBufferPointer<UserRecords.Entry>,
    _ checkouts: UnsafeMutableBufferPointer<UserRecords.Entry>,
    _ groups: UnsafeBufferPointer<TextGroups>,
    into rows: any OutputRows
  ) {
    operation.process(clicks: clicks, checkouts: checkouts) { checkout, first, clickCount in
      if answers.isFull { flush(groups, into: rows) }
      answers.append(checkout: checkout.record, click: first?.record, clickCount: clickCount)
      summary.answers += 1
      // Not `first == nil`: the optimizer of Swift 6.3 takes that for false here.
      summary.attributed += clickCount == 0 ? 0 : 1
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
  fileprivate mutating func add(duplicates count: Int) {
    events += Int64(count)
    duplicates += Int64(count)
  }
}
