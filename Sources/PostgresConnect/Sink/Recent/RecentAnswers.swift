import Attribution
import Connect
import Dataflow
import Events

/// Answers what the late events of an epoch ask among the recent events.
///
/// ```
/// late clicks ----> checkouts that they touch -+
/// late checkouts ------------------------------+-> clicks of their users -> answers
/// ```
/// Two runs over the recent events, of the checkouts' and of the clicks' users, answer a whole epoch.
struct RecentAnswers: ~Copyable {
  /// Rows of `AnswerRow`: answers to checkouts that late clicks touch, stored ones or the epoch's.
  private(set) var corrections = CopyBuffer()
  /// Rows of `AnswerRow`: answers to late checkouts, which have none yet.
  private(set) var newAnswers = CopyBuffer()
  /// Rows of `StagingTables.questions`: for the raw tables to answer.
  private(set) var questions = CopyBuffer()
  /// Of the recent events when they were asked: what late clicks at or before it touch is not here.
  private(set) var floor = EventTime.endOfInput

  /// False when the raw tables have to answer too: what is left as a question, or what late events
  /// ask that the recent events do not know all about.
  private(set) var isComplete = false

  private let window: EventSpan
  private let watermark: Watermark
  private let task: Int32
  private let now = EventTime.wallClock

  static let questionColumns = ["checkout_id", "user_id", "checkout_timestamp", "revenue"]

  /// Judges the epoch's late events anew, and counts what they restate.
  ///
  /// Checkouts from the watermark on are left to the engine.
  init(_ epoch: PostgresEpoch, window: EventSpan, watermark: Watermark) {
    self.window = window
    self.watermark = watermark
    task = epoch.task
    guard epoch.hasLateEvents else { return }
    let recent = epoch.recent
    recent.withLock {
      floor = recent.floor
      epoch.judgeLateEvents()
      let asking = Asking(epoch, window: window)
      let checkouts = RecentGathering(
        of: asking.users,
        in: asking.times,
        through: epoch.lastOrder,
        among: recent
      ) { $0.checkouts }
      let asked = epoch.markAsked(checkouts, by: asking, window: window)
      answer(checkouts, asked, of: asking, through: epoch.lastOrder, among: recent)
      isComplete = epoch.knowsLateEvents && questions.isEmpty
    }
  }

  /// Appends a row of `StagingTables.questions`, which a checkout's fields are.
  static func writeQuestion(_ fields: UnsafeRawBufferPointer, to questions: inout CopyBuffer) {
    var cursor = questions.reserve(fields.count + 2)
    cursor.startRow(fieldCount: Int16(questionColumns.count))
    cursor.fields(fields)
    questions.commit(to: cursor)
  }

  /// Answers the checkouts that are asked for; what reaches behind the floor becomes a question.
  private mutating func answer(
    _ checkouts: RecentGathering<RecentSliceEvents.Checkout>,
    _ asked: [AskedFor],
    of asking: Asking,
    through order: Int64,
    among recent: RecentEvents
  ) {
    var places: [Int] = []
    var times = [ClosedRange<EventTime>?](repeating: nil, count: asking.users.count)
    for place in asked.indices where asked[place] != .nobody {
      let found = checkouts.found[place]
      guard found.time < watermark else { continue }
      guard found.time - window > floor else {
        let fields = checkouts.slice(at: place).events.fields(of: checkouts.entry(at: place))
        Self.writeQuestion(fields, to: &questions)
        continue
      }
      places.append(place)
      times[Int(found.user)].extend(to: (found.time - window)...found.time)
    }
    let clicks = RecentGathering(of: asking.users, in: times, through: order, among: recent) {
      $0.clicks
    }
    for place in places {
      let found = checkouts.found[place]
      let candidates = clicks.places(
        of: Int(found.user),
        in: (found.time - window)...found.time
      )
      let answer = Answer(to: place, of: checkouts, among: clicks, candidates)
      let row = AnswerRow(answer: answer, task: task, processedAt: now)
      switch asked[place] {
      case .lateCheckout: row.write(to: &newAnswers)
      case .lateClicks, .nobody: row.write(to: &corrections)
      }
    }
  }
}

/// Who asks for the answer to a checkout.
enum AskedFor: UInt8 {
  case nobody, lateClicks, lateCheckout
}

/// The users of an epoch's late events, and the times of the checkouts that these ask for.
struct Asking {
  private(set) var users = KeySet()
  /// For each user.
  private(set) var times: [ClosedRange<EventTime>?] = []

  init(_ epoch: PostgresEpoch, window: EventSpan) {
    for click in epoch.lateClicks.events where click.asks {
      add(click.user, click.time...(click.time + window))
    }
    for checkout in epoch.lateCheckouts.events where checkout.asks {
      add(checkout.user, checkout.time...checkout.time)
    }
  }

  private mutating func add(_ user: HashKey, _ range: ClosedRange<EventTime>) {
    let place = users.insert(user)
    if place == times.count { times.append(nil) }
    times[place].extend(to: range)
  }
}

extension PostgresEpoch {
  /// Marks the checkouts found that its late events ask for, and counts what its late clicks restate.
  fileprivate func markAsked(
    _ checkouts: RecentGathering<RecentSliceEvents.Checkout>,
    by asking: Asking,
    window: EventSpan
  ) -> [AskedFor] {
    var asked = [AskedFor](repeating: .nobody, count: checkouts.found.count)
    for number in lateClicks.events.indices {
      let click = lateClicks.events[number]
      guard click.asks, let user = asking.users.place(of: click.user) else { continue }
      var restated = 0
      for place in checkouts.places(of: user, in: click.time...(click.time + window)) {
        asked[place] = .lateClicks
        if checkouts.entry(at: place).order < click.order { restated += 1 }
      }
      lateClicks.count(restated, of: number)
    }
    for checkout in lateCheckouts.events where checkout.asks {
      guard let user = asking.users.place(of: checkout.user) else { continue }
      for place in checkouts.places(of: user, in: checkout.time...checkout.time)
      where checkouts.entry(at: place).order == checkout.order {
        asked[place] = .lateCheckout
      }
    }
    return asked
  }
}

extension ClosedRange<EventTime>? {
  fileprivate mutating func extend(to other: ClosedRange<EventTime>) {
    guard let own = self else { return self = other }
    self = min(own.lowerBound, other.lowerBound)...max(own.upperBound, other.upperBound)
  }
}

extension Answer {
  /// The final answer to a checkout found.
  ///
  /// Points into the slices: valid until the lock of the recent events is given back.
  fileprivate init(
    to checkout: Int,
    of checkouts: RecentGathering<RecentSliceEvents.Checkout>,
    among clicks: RecentGathering<RecentSliceEvents.Click>,
    _ candidates: Range<Int>
  ) {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    var (id, product, origin) = (nothing, nothing, nothing)
    if let first = candidates.first {
      let slice = clicks.slice(at: first)
      id = slice.events.id(of: clicks.entry(at: first))
      (product, origin) = slice.events.originFields(of: clicks.entry(at: first))
    }
    self.init(
      kind: .revision,
      isFinal: true,
      clicksInWindow: Int32(clamping: candidates.count),
      checkoutTime: checkouts.found[checkout].time,
      checkoutFields: checkouts.slice(at: checkout).events.fields(
        of: checkouts.entry(at: checkout)
      ),
      clickID: id,
      clickTime: candidates.first.map { clicks.found[$0].time } ?? EventTime(microseconds: 0),
      productFields: product,
      originFields: origin
    )
  }
}
