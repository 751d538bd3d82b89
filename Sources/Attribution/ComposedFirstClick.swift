package import Dataflow

/// First click as the rule reads: three operators, one after the other.
///
///     SELECT * FROM (
///       SELECT checkout, click, COUNT(click.id) OVER (PARTITION BY checkout.id),
///         ROW_NUMBER() OVER (PARTITION BY checkout.id ORDER BY click.time, click.id) AS n
///       FROM checkouts LEFT JOIN clicks ON click.user = checkout.user
///         AND click.time BETWEEN checkout.time - window AND checkout.time
///     ) WHERE n = 1
///
/// over the distinct clicks and checkouts. It is the specification: `FirstClick` gives the same
/// answers from one fused operator, many times faster, and a test holds the two together.
///
/// With a window of 60, clicks left, checkouts right:
///
///     t=10 click a of u | t=12 checkout k of u | t=11 click b of u | t=10 click a of u (again)
///     wm=12    nothing: a click at 12 may still come
///     wm=13    k: first click a, 2 clicks in the window
///
/// State: clicks and ids with `time >= watermark - window`, checkouts with `time >= watermark`. A
/// late event is returned and changes no answer; to restate, process the whole log again.
package struct ComposedFirstClick: Operator, ~Copyable {
  /// A click or a checkout, reduced to what the rule is about.
  package struct Event: Timestamped, Hashable, Sendable {
    /// UTF-8, compared bytewise.
    package var eventID: [UInt8]
    package var userID: [UInt8]
    package var time: EventTime

    package init(eventID: [UInt8], userID: [UInt8], time: EventTime) {
      self.eventID = eventID
      self.userID = userID
      self.time = time
    }
  }

  package struct Output: Hashable {
    package var checkout: Event
    /// Nil when the checkout is unattributed.
    package var firstClick: Event?
    package var clicksInWindow: Int
  }

  package typealias Candidates = IntervalJoin<Event, Event, [UInt8]>
  package typealias FirstRow = RowNumber<Candidates.Output, [UInt8]>
  /// A left event is a click, a right one a checkout.
  package typealias Input = Candidates.Input

  private var distinct: Deduplicate<Input, EventKey>
  private var candidates: Candidates
  private var firstRow: FirstRow

  package init(window: EventSpan) {
    distinct = Deduplicate(by: EventKey.init, retention: window)
    candidates = IntervalJoin(
      left: { $0.userID },
      right: { $0.userID },
      before: window,
      .rightOuter
    )
    firstRow = RowNumber(
      partitionBy: { $0.right.eventID },
      orderBy: { Event.precedes($0.left, $1.left) },
      limit: 1
    )
  }

  package mutating func process(
    _ batch: [Input],
    into answers: inout [Output],
    late: inout [Input]
  ) {
    var unique: [Input] = []
    distinct.process(batch, into: &unique, late: &late)
    var rows: [Candidates.Output] = []
    candidates.process(unique, into: &rows, late: &late)
    number(rows)
  }

  package mutating func advance(to watermark: Watermark, into answers: inout [Output]) {
    var unique: [Input] = []
    distinct.advance(to: watermark, into: &unique)
    var rows: [Candidates.Output] = []
    candidates.advance(to: watermark, into: &rows)
    number(rows)
    var first: [FirstRow.Output] = []
    firstRow.advance(to: candidates.outputWatermark, into: &first)
    answers += first.map(Output.init)
  }

  private mutating func number(_ rows: [Candidates.Output]) {
    var numbered: [FirstRow.Output] = []
    var late: [Candidates.Output] = []
    firstRow.process(rows, into: &numbered, late: &late)
    assert(late.isEmpty, "the join gave a row behind its own watermark")
  }

  // MARK: Snapshots

  package struct Snapshot {
    fileprivate var distinct: Deduplicate<Input, EventKey>.Snapshot
    fileprivate var candidates: Candidates.Snapshot
    fileprivate var firstRow: FirstRow.Snapshot
  }

  package func snapshot() -> Snapshot {
    Snapshot(
      distinct: distinct.snapshot(),
      candidates: candidates.snapshot(),
      firstRow: firstRow.snapshot()
    )
  }

  package mutating func restore(_ snapshot: Snapshot) {
    distinct.restore(snapshot.distinct)
    candidates.restore(snapshot.candidates)
    firstRow.restore(snapshot.firstRow)
  }
}

/// What a producer's resend shares with its original: the event_id, within one stream.
private enum EventKey: Hashable {
  case click([UInt8])
  case checkout([UInt8])

  init(_ input: ComposedFirstClick.Input) {
    switch input {
    case .left(let click): self = .click(click.eventID)
    case .right(let checkout): self = .checkout(checkout.eventID)
    }
  }
}

extension ComposedFirstClick.Event {
  /// The order of clicks: by time, then by event_id, bytewise; a missing click precedes nothing.
  fileprivate static func precedes(_ left: Self?, _ right: Self?) -> Bool {
    guard let left, let right else { return false }
    if left.time != right.time { return left.time < right.time }
    return left.eventID.lexicographicallyPrecedes(right.eventID)
  }
}

extension ComposedFirstClick.Output {
  /// A checkout without clicks has one row, without a click.
  fileprivate init(_ first: ComposedFirstClick.FirstRow.Output) {
    checkout = first.row.right
    firstClick = first.row.left
    clicksInWindow = first.row.left == nil ? 0 : first.partitionCount
  }
}
