import AWSClient
import Connect
import Dataflow

extension ShardFeed {
  /// A place that somebody wants to go on from, and what is behind it has not come yet.
  struct Front {
    var tip = Tip()
    var iterator: ShardIterator?
    var wantedAt: ContinuousClock.Instant
    var isUnderWay = false
    var failure: ConnectorError?
    /// Why the place is not taken any more.
    var lost: String?
    /// To be woken once.
    var waiting: [ObjectIdentifier: Arrival] = [:]
  }

  /// Pages, fronts and pace of a shard; no I/O.
  struct State {
    /// A front that nobody has asked for so long is given up.
    private static let patience: Duration = .seconds(60)
    /// A front that nobody has asked for so long is not fetched.
    private static let interest: Duration = .seconds(3)

    /// The one that was used last stands last.
    private var pages: [UnpackedPage] = []
    var fronts: [ShardPosition.Place: Front] = [:]
    private var pacing: ShardPacing
    private var nextCall = ContinuousClock.now
    private var backoff = Backoff()
    private var averageByteCount = 1 << 10

    init(pacing: ShardPacing) { self.pacing = pacing }

    func covers(_ place: ShardPosition.Place) -> Bool { pages.contains { $0.covers(place) } }

    mutating func page(at place: ShardPosition.Place) -> UnpackedPage? {
      guard let index = pages.firstIndex(where: { $0.covers(place) }) else { return nil }
      let page = pages.remove(at: index)
      pages.append(page)
      return page
    }

    /// - Returns: whether nobody has wanted it lately.
    mutating func want(_ place: ShardPosition.Place, at now: ContinuousClock.Instant) -> Bool {
      let former = fronts[place]?.wantedAt
      fronts[place, default: Front(wantedAt: now)].wantedAt = now
      return former.map { $0.duration(to: now) >= Self.interest } ?? true
    }

    mutating func takeDue(
      at now: ContinuousClock.Instant
    ) -> (task: Task?, next: ContinuousClock.Instant?) {
      fronts = fronts.filter {
        $0.value.isUnderWay || $0.value.wantedAt.duration(to: now) < Self.patience
      }
      let wanted = fronts.filter { _, front in
        !front.isUnderWay && !front.tip.isEnd && front.failure == nil && front.lost == nil
          && front.wantedAt.duration(to: now) < Self.interest
      }
      let times = wanted.mapValues { max(nextCall, $0.mayBeAsked(pacing) ?? nextCall) }
      // The one that was asked longest ago.
      let next = wanted.filter { times[$0.key].map { $0 <= now } ?? false }.min { left, right in
        guard let last = left.value.tip.confirmedAt else {
          return right.value.tip.confirmedAt != nil
        }
        return right.value.tip.confirmedAt.map { last < $0 } ?? false
      }
      guard let (place, front) = next else { return (nil, times.values.min()) }
      fronts[place]?.isUnderWay = true
      nextCall = now + pacing.wait(isAtEnd: false)
      let task = Task(
        place: place,
        iterator: front.iterator,
        averageByteCount: averageByteCount
      )
      return (task, nil)
    }

    mutating func settle(_ task: Task, _ outcome: Outcome, _ new: UnpackedPage?) {
      let now = ContinuousClock.now
      fronts[task.place]?.isUnderWay = false
      switch outcome {
      case .page(let page, let asked):
        pacing.succeeded()
        backoff = Backoff()
        take(page, new, at: task.place, asked: asked, now)
      case .expired:
        fronts[task.place]?.iterator = nil
      case .throttled:
        pacing.throttled()
        nextCall = now + pacing.wait(isAtEnd: false)
      case .gone:
        fronts[task.place]?.tip.isEnd = true
      case .lost(let reason):
        fronts[task.place]?.lost = reason
      case .trouble:
        var random = SystemRandomNumberGenerator()
        fronts[task.place]?.iterator = nil
        nextCall = now + backoff.nextDelay(using: &random)
      case .failed(let error):
        fronts[task.place]?.failure = error
      }
    }

    private mutating func take(
      _ page: RecordsPage,
      _ new: UnpackedPage?,
      at place: ShardPosition.Place,
      asked: EventTime,
      _ now: ContinuousClock.Instant
    ) {
      var front = fronts[place] ?? Front(wantedAt: now)
      front.iterator = page.next
      front.tip.behind = page.millisecondsBehind
      front.tip.confirmedAt = now
      front.tip.isEnd = page.next == nil
      if let last = page.records.last { front.tip.reach = last.arrival.milliseconds }
      if page.millisecondsBehind == 0, page.next != nil {
        front.tip.reach = max(front.tip.reach, asked.milliseconds)
      }
      guard let new else {
        fronts[place] = front
        return
      }
      averageByteCount = max(1, new.byteCount / page.records.count)
      pages.append(new)
      if let known = fronts[new.end], known.isUnderWay { return }
      // Wanted once somebody reads the page, or waits for it already.
      front.wantedAt = fronts[new.end]?.wantedAt ?? now - Self.interest
      front.waiting = fronts[new.end]?.waiting ?? [:]
      fronts[new.end] = front
    }

    /// Drops the pages that were used longest ago.
    mutating func trim(to byteLimit: Int) {
      var byteCount = pages.reduce(0) { $0 + $1.byteCount }
      while pages.count > 1, byteCount > byteLimit { byteCount -= pages.removeFirst().byteCount }
    }

    /// Those who have waited for what has come of a call; a page answers every front that it covers.
    mutating func takeWoken(
      at place: ShardPosition.Place,
      _ outcome: Outcome,
      _ new: UnpackedPage?
    ) -> [Arrival] {
      switch outcome {
      case .expired, .throttled, .trouble: return []
      case .page, .gone, .lost, .failed: break
      }
      var woken = fronts[place]?.waiting ?? [:]
      fronts[place]?.waiting = [:]
      if let new {
        for (place, front) in fronts where !front.isUnderWay && new.covers(place) {
          woken.merge(front.waiting) { $1 }
          fronts[place] = nil
        }
      }
      return Array(woken.values)
    }
  }
}

extension ShardFeed.Front {
  /// At the end of the shard not before a while has passed; nil: at any time.
  fileprivate func mayBeAsked(_ pacing: ShardPacing) -> ContinuousClock.Instant? {
    guard tip.behind == 0, let confirmedAt = tip.confirmedAt else { return nil }
    return confirmedAt + pacing.wait(isAtEnd: true)
  }
}

extension UnpackedPage {
  /// True if it has what comes right behind a place.
  fileprivate func covers(_ place: ShardPosition.Place) -> Bool {
    switch (start, place) {
    case (.oldest, .oldest): true
    case (.oldest, .after(let number)): contains(number)
    case (.after(let first), .after(let number)):
      first == number || first < number && contains(number)
    default: false
    }
  }

  private func contains(_ number: RecordNumber) -> Bool {
    number < RecordNumber(last) && first <= number.sequence
  }
}
