import Connect
import Dataflow

/// The right answer for every checkout, found as the events are made, with no part of the engine.
///
///     candidates(checkout at t) = clicks of the user with t - 1 h <= click time <= t
///     first click               = the candidate with the smallest (click time, event_id)
///
/// Per user a list of clicks in that order; a checkout is answered once no event before it can come
/// any more. Memory: 16 bytes a click of the last hour (of the last four where late events are put
/// behind in event time). event_ids of clicks are of one length and in lowercase hexadecimal, so
/// their bytes sort as their numbers do.
struct Truth {
  private static let window = EventSpan.hours(1)
  private static let sweepInterval = EventSpan.minutes(10)

  private struct Click {
    var time: EventTime
    var serial: UInt64

    static func precedes(_ left: Click, _ right: Click) -> Bool {
      (left.time.microseconds, left.serial) < (right.time.microseconds, right.serial)
    }
  }

  /// By user, ascending.
  private var clicks: [[Click]]
  private var pending = TimeQueue<Event>()
  private let file: TruthFile
  /// How far events may come behind later ones.
  private let disorder: EventSpan
  private var nextSweep = EventTime.beginning

  init(file: TruthFile, userCount: Int, disorder: EventSpan) {
    self.file = file
    self.disorder = disorder
    clicks = Array(repeating: [], count: userCount)
  }

  /// Takes a good event, once, and answers what is settled now.
  ///
  /// No event after it may have a time before `frontier` - disorder. Throws when the file cannot be
  /// written.
  mutating func append(_ event: Event, frontier: EventTime) throws(ConnectorError) {
    switch event.stream {
    case .clicks: insert(Click(time: event.time, serial: event.serial), of: Int(event.user))
    case .checkouts: pending.insert(event, at: event.time)
    }
    let settled = frontier - disorder
    try answer(before: settled)
    if frontier >= nextSweep {
      forgetClicks(before: settled - Self.window)
      nextSweep = frontier + Self.sweepInterval
    }
  }

  /// Answers all the rest.
  mutating func finish() throws(ConnectorError) {
    try answer(before: .endOfInput)
    try file.flush()
  }

  private mutating func insert(_ click: Click, of user: Int) {
    var place = clicks[user].count
    while place > 0, Click.precedes(click, clicks[user][place - 1]) { place -= 1 }
    clicks[user].insert(click, at: place)
  }

  private mutating func answer(before settled: EventTime) throws(ConnectorError) {
    while let (_, checkout) = pending.popFirst(before: settled) {
      let clicks = clicks[Int(checkout.user)]
      let first = Self.count(of: clicks) { $0.time < checkout.time - Self.window }
      let end = Self.count(of: clicks) { $0.time <= checkout.time }
      try file.append(
        checkout,
        clicksInWindow: end - first,
        firstClick: first < end ? (clicks[first].time, clicks[first].serial) : nil
      )
    }
  }

  /// How many clicks, from the first on, fulfil a condition that the following ones do not.
  private static func count(of clicks: [Click], while condition: (Click) -> Bool) -> Int {
    var (low, high) = (0, clicks.count)
    while low < high {
      let middle = (low + high) / 2
      if condition(clicks[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func forgetClicks(before time: EventTime) {
    for user in clicks.indices where !clicks[user].isEmpty {
      let old = Self.count(of: clicks[user]) { $0.time < time }
      if old > 0 { clicks[user].removeFirst(old) }
    }
  }
}
