import AWSClient
import Connect
import Dataflow
import Synchronization

/// One shard as this worker reads it, once for all its slices.
///
///     places        oldest      after 40          after 80        after 120
///     pages            |  kept      |  kept           |   not kept    |
///     slice 0                            ^ reads on in the second page
///     slice 1                                                         ^ a front: to be fetched
///     slice 2       ^ reads on in the first page
///
/// A slice that wants to go on at a place is given the page that has it, or waits at a front there. A
/// front is fetched while somebody wants it. Pages are a cache: one that is dropped is fetched again
/// by who comes late, so that no slice ever waits for another.
///
/// May be used by any thread.
final class ShardFeed: Sendable {
  /// What a slice is given.
  enum Answer {
    case page(UnpackedPage)
    /// Nothing for now.
    case nothing(Tip)
  }

  /// What is known of a front.
  struct Tip {
    /// Everything that arrived before this time is read, in milliseconds since 1970; 0: not known.
    var reach: Int64 = 0
    /// How far the end of the shard is ahead, in milliseconds; nil: not known.
    var behind: Int64?
    /// When the service last said so.
    var confirmedAt: ContinuousClock.Instant?
    /// The shard is closed, and nothing is left.
    var isEnd = false
  }

  /// What is to be asked.
  struct Task {
    var place: ShardPosition.Place
    var iterator: ShardIterator?
    /// What a record has taken so far, on average, with its entries.
    var averageByteCount: Int
  }

  /// What came of it.
  enum Outcome {
    case page(RecordsPage, asked: EventTime)
    /// The iterator is too old: another must be made.
    case expired
    case throttled
    /// What is at the place is gone: the shard's records have all expired.
    case gone
    /// Tried again later.
    case trouble(ServiceError)
    case failed(ConnectorError)
  }

  fileprivate struct Front {
    var tip = Tip()
    var iterator: ShardIterator?
    var wantedAt: ContinuousClock.Instant
    var isUnderWay = false
    var failure: ConnectorError?
  }

  fileprivate struct State {
    /// The one that was used last stands last.
    var pages: [UnpackedPage] = []
    var fronts: [ShardPosition.Place: Front] = [:]
    var pacing: ShardPacing
    var nextCall = ContinuousClock.now
    var backoff = Backoff()
    var averageByteCount = 1 << 10
  }

  /// A front that nobody has asked for so long is given up.
  private static let patience: Duration = .seconds(60)
  /// A front that nobody has asked for so long is not fetched.
  fileprivate static let interest: Duration = .seconds(3)

  let shard: Shard
  let streamName: String
  private let state: Mutex<State>

  init(_ shard: Shard, of streamName: String, pacing: ShardPacing) {
    self.shard = shard
    self.streamName = streamName
    state = Mutex(State(pacing: pacing))
  }

  // MARK: The slices' side

  /// What comes behind a place; the page may begin before it.
  ///
  /// Throws what will not pass.
  func next(after place: ShardPosition.Place) throws(ConnectorError) -> Answer {
    try state.withLock { state throws(ConnectorError) in
      let now = ContinuousClock.now
      if let index = state.pages.firstIndex(where: { $0.covers(place) }) {
        let page = state.pages.remove(at: index)
        state.pages.append(page)
        // What comes next is fetched meanwhile.
        if !state.pages.contains(where: { $0.covers(page.end) }) {
          state.fronts[page.end, default: Front(wantedAt: now)].wantedAt = now
        }
        return .page(page)
      }
      state.fronts[place, default: Front(wantedAt: now)].wantedAt = now
      if let failure = state.fronts[place]?.failure { throw failure }
      return .nothing(state.fronts[place]?.tip ?? Tip())
    }
  }

  // MARK: The fetcher's side

  /// The call that is due, if there is one; it must be settled.
  func takeDue(at now: ContinuousClock.Instant) -> Task? {
    state.withLock { state -> Task? in
      guard state.nextCall <= now else { return nil }
      state.fronts = state.fronts.filter {
        $0.value.isUnderWay || $0.value.wantedAt.duration(to: now) < Self.patience
      }
      let due = state.fronts.filter { _, front in
        !front.isUnderWay && !front.tip.isEnd && front.failure == nil
          && front.wantedAt.duration(to: now) < Self.interest
          && front.mayBeAsked(at: now, state.pacing)
      }
      // The one that was asked longest ago.
      let next = due.min { left, right in
        guard let last = left.value.tip.confirmedAt else {
          return right.value.tip.confirmedAt != nil
        }
        return right.value.tip.confirmedAt.map { last < $0 } ?? false
      }
      guard let (place, front) = next else { return nil }
      state.fronts[place]?.isUnderWay = true
      state.nextCall = now + state.pacing.wait(isAtEnd: false)
      return Task(
        place: place,
        iterator: front.iterator,
        averageByteCount: state.averageByteCount
      )
    }
  }

  /// Takes over what came of a call.
  ///
  /// - Parameters:
  ///   - task: from `takeDue`.
  ///   - outcome: of it.
  ///   - byteLimit: of the pages to be kept; the last one always is.
  /// - Returns: the page, if there is one.
  @discardableResult
  func settle(_ task: Task, _ outcome: Outcome, byteLimit: Int) -> UnpackedPage? {
    // Unpacking takes time: not under the lock.
    var new: UnpackedPage?
    if case .page(let page, _) = outcome, !page.records.isEmpty {
      new = UnpackedPage(page, of: shard, from: task.place)
    }
    state.withLock { state in
      let now = ContinuousClock.now
      state.fronts[task.place]?.isUnderWay = false
      switch outcome {
      case .page(let page, let asked):
        state.pacing.succeeded()
        state.backoff = Backoff()
        state.take(page, new, at: task.place, asked: asked, now)
        state.trim(to: byteLimit)
      case .expired:
        state.fronts[task.place]?.iterator = nil
      case .throttled:
        state.pacing.throttled()
        state.nextCall = now + state.pacing.wait(isAtEnd: false)
      case .gone:
        state.fronts[task.place]?.tip.isEnd = true
      case .trouble:
        var random = SystemRandomNumberGenerator()
        state.fronts[task.place]?.iterator = nil
        state.nextCall = now + state.backoff.nextDelay(using: &random)
      case .failed(let error):
        state.fronts[task.place]?.failure = error
      }
    }
    return new
  }
}

extension ShardFeed.State {
  fileprivate mutating func take(
    _ page: RecordsPage,
    _ new: UnpackedPage?,
    at place: ShardPosition.Place,
    asked: EventTime,
    _ now: ContinuousClock.Instant
  ) {
    var front = fronts[place] ?? ShardFeed.Front(wantedAt: now)
    front.iterator = page.next
    front.tip.behind = page.millisecondsBehind
    front.tip.confirmedAt = now
    front.tip.isEnd = page.next == nil
    if let last = page.records.last { front.tip.reach = last.arrival.milliseconds }
    if page.millisecondsBehind == 0, page.next != nil {
      front.tip.reach = max(front.tip.reach, asked.milliseconds)
    }
    if let new {
      averageByteCount = max(1, new.byteCount / page.records.count)
      fronts[place] = nil
      pages.append(new)
      if let known = fronts[new.end], known.isUnderWay { return }
      // Wanted once somebody reads the page, or waits for it already.
      front.wantedAt = fronts[new.end]?.wantedAt ?? now - ShardFeed.interest
      fronts[new.end] = front
    } else {
      fronts[place] = front
    }
  }

  fileprivate mutating func trim(to byteLimit: Int) {
    var byteCount = pages.reduce(0) { $0 + $1.byteCount }
    while pages.count > 1, byteCount > byteLimit { byteCount -= pages.removeFirst().byteCount }
  }
}

extension ShardFeed.Front {
  /// False at the end of the shard, for a while.
  fileprivate func mayBeAsked(at now: ContinuousClock.Instant, _ pacing: ShardPacing) -> Bool {
    guard tip.behind == 0, let confirmedAt = tip.confirmedAt else { return true }
    return confirmedAt.duration(to: now) >= pacing.wait(isAtEnd: true)
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

  private func contains(_ number: SequenceNumber) -> Bool { number < last && first <= number }
}

extension EventTime {
  /// Since 1970, rounded down.
  var milliseconds: Int64 { microseconds / 1000 }
}
