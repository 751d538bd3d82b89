import Attribution
import Connect
import Dataflow

/// Answers one partition after another on one thread: each user's events are brought into the order
/// of time and given to `BoundedFirstClick`.
struct PartitionAnswering: ~Copyable {
  private(set) var summary = AttributionJob.Summary()
  private let operation: BoundedFirstClick
  private let storesRecords: Bool
  private var records = UserRecords()
  private var timeline = Timeline()
  private var answers = AnswerBatch()
  private var wholeRecords = WholeRecords()

  init(rule: AttributionRule, storesRecords: Bool) {
    operation = BoundedFirstClick(rule: rule)
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
  fileprivate mutating func add(all: Int, distinct: Int) {
    events += Int64(all)
    duplicates += Int64(all - distinct)
  }
}
