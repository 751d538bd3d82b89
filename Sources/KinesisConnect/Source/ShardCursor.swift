import Connect
import Dataflow

/// Where a slice reads in one shard: in a page, at the next entry of its own, or at a front.
struct ShardCursor {
  /// How long the word that a shard is read to its end counts.
  static let freshness: Duration = .seconds(10)

  let feed: ShardFeed
  private let keys: ClosedRange<HashKey>
  /// The last record to be read; nil: no bound.
  private let limit: RecordNumber?

  private(set) var tip: ShardFeed.Tip
  /// Why the service does not take the place any more: there is nothing to read but elsewhere.
  private(set) var lost: String?
  private var page: UnpackedPage?
  /// Of the page's entries: the first that was not read before, the next one of the slice, and where
  /// to stop.
  private var first = 0
  private var next = 0
  private var end = 0
  private var start: ShardPosition.Place

  init(
    _ feed: ShardFeed,
    of keys: ClosedRange<HashKey>,
    at position: ShardPosition,
    until limit: RecordNumber?
  ) {
    self.feed = feed
    self.keys = keys
    self.limit = limit
    start = position.place
    tip = ShardFeed.Tip(reach: position.reach)
  }

  /// Where a later cursor would go on.
  var position: ShardPosition {
    if let page, next > first {
      return ShardPosition(
        place: .after(page.number(through: next - 1)),
        reach: page.arrival(of: page.entries[next - 1]).milliseconds
      )
    }
    if let page, start == .oldest {
      // The oldest record now is not the oldest for ever: who comes back must notice.
      return ShardPosition(
        place: .after(RecordNumber(page.first, subsequence: -1)),
        reach: max(tip.reach, page.arrival(of: page.entries[next]).milliseconds)
      )
    }
    return ShardPosition(place: isAtEnd ? .end : start, reach: tip.reach)
  }

  /// When the next entry arrived; nil while there is none.
  var nextArrival: EventTime? {
    guard let page, next < end else { return nil }
    return page.arrival(of: page.entries[next])
  }

  /// The shard is closed, and everything was taken.
  var isAtEnd: Bool { page == nil && tip.isEnd }

  /// Everything up to the limit was taken.
  var isAtLimit: Bool {
    guard page == nil, let limit, case .after(let number) = start else { return false }
    return number >= limit
  }

  /// Everything was taken that the shard had lately, and more of it may come.
  func isCaughtUp(at now: ContinuousClock.Instant) -> Bool {
    guard page == nil, tip.behind == 0, !tip.isEnd, lost == nil,
      let confirmedAt = tip.confirmedAt
    else { return false }
    return confirmedAt.duration(to: now) < Self.freshness
  }

  /// Looks for the next entry of the slice, through pages that have none.
  ///
  /// - Parameter arrival: called when there may be one, if there is none now.
  /// - Throws: what will not pass.
  mutating func advance(waking arrival: Arrival?) throws(ConnectorError) {
    while page == nil, !tip.isEnd, !isAtLimit {
      switch try feed.next(after: start, waking: arrival) {
      case .lost(let reason):
        lost = reason
        return
      case .nothing(let tip):
        self.tip.behind = tip.behind
        self.tip.confirmedAt = tip.confirmedAt
        self.tip.isEnd = tip.isEnd
        self.tip.reach = max(self.tip.reach, tip.reach)
        return
      case .page(let page):
        enter(page)
      }
    }
  }

  /// Takes the next entry.
  mutating func take(into memory: inout RunMemory) {
    guard let page, next < end else { preconditionFailure("nothing to take of \(feed.shard.id)") }
    memory.append(
      RunMemory.Origin(page: page, shardID: feed.shard.id, entry: page.entries[next])
    )
    next += 1
    skip()
  }

  private mutating func enter(_ page: UnpackedPage) {
    self.page = page
    first = if case .after(let number) = start { page.index(after: number) } else { 0 }
    next = first
    end = limit.map { page.index(after: $0) } ?? page.entries.count
    skip()
  }

  /// Goes to the next entry of the slice, or leaves the page.
  private mutating func skip() {
    guard let page else { return }
    while next < end, !keys.contains(page.entries[next].hashKey) { next += 1 }
    guard next == end else { return }
    start = limit.map { $0 < RecordNumber(page.last) ? .after($0) : page.end } ?? page.end
    if let last = page.entries.last {
      tip.reach = max(tip.reach, page.arrival(of: last).milliseconds)
    }
    tip.behind = nil
    self.page = nil
  }
}
