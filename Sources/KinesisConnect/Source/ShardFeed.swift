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
    /// The service does not take the place any more, for this reason.
    case lost(String)
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
    /// The place is refused, for this reason.
    case lost(String)
    /// Tried again later.
    case trouble(ServiceError)
    case failed(ConnectorError)
  }

  let shard: Shard
  let stream: StreamKind
  let streamName: String
  private let onWant: @Sendable () -> Void
  private let state: Mutex<State>

  /// - Parameters:
  ///   - shard: as the stream's list has it.
  ///   - stream: that it is one of.
  ///   - streamName: the stream's own.
  ///   - pacing: how often it is asked.
  ///   - onWant: told that `takeDue` may have something sooner than it said.
  init(
    _ shard: Shard,
    of stream: StreamKind,
    named streamName: String,
    pacing: ShardPacing,
    onWant: @escaping @Sendable () -> Void
  ) {
    self.shard = shard
    self.stream = stream
    self.streamName = streamName
    self.onWant = onWant
    state = Mutex(State(pacing: pacing))
  }

  // MARK: The slices' side

  /// What comes behind a place; the page may begin before it.
  ///
  /// - Parameters:
  ///   - place: where the slice stands.
  ///   - arrival: called when something has come to a slice that was given nothing.
  /// - Returns: the page that has it, or what is known while none has.
  /// - Throws: what will not pass.
  func next(
    after place: ShardPosition.Place,
    waking arrival: Arrival?
  ) throws(ConnectorError) -> Answer {
    let (answer, isNew) = try state.withLock { state throws(ConnectorError) -> (Answer, Bool) in
      let now = ContinuousClock.now
      if let page = state.page(at: place) {
        // What comes next is fetched meanwhile.
        return (.page(page), !state.covers(page.end) && state.want(page.end, at: now))
      }
      let isNew = state.want(place, at: now)
      guard let front = state.fronts[place] else { return (.nothing(Tip()), isNew) }
      if let failure = front.failure { throw failure }
      if let reason = front.lost { return (.lost(reason), isNew) }
      if let arrival { state.fronts[place]?.waiting[ObjectIdentifier(arrival)] = arrival }
      return (.nothing(front.tip), isNew)
    }
    if isNew { onWant() }
    return answer
  }

  // MARK: The fetcher's side

  /// The call that is due, which must be settled, or when one may be; neither while nobody wants
  /// anything.
  func takeDue(
    at now: ContinuousClock.Instant
  ) -> (task: Task?, next: ContinuousClock.Instant?) {
    state.withLock { $0.takeDue(at: now) }
  }

  /// Takes over what came of a call, and wakes those who have waited for it.
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
    let woken = state.withLock { state in
      state.settle(task, outcome, new)
      state.trim(to: byteLimit)
      return state.takeWoken(at: task.place, outcome, new)
    }
    for arrival in woken { arrival.wake() }
    return new
  }
}

extension EventTime {
  /// Since 1970, rounded down.
  var milliseconds: Int64 { microseconds / 1000 }
}
