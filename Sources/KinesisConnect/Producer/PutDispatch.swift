import AWSClient
import Connect
import Foundation

/// The lanes of both streams and the threads that send for them.
///
///     append -> lane of the record's shard -> sender: PutRecords, one call a lane at a time
///       ^ waits while too many bytes wait        | failed records stay first in their lane
///       `--------------- settled ----------------'
///
/// Shards are not equally fast, nor are users: what comes later may be stored before what came
/// earlier, but never more than `disorderLimit` messages before. Whoever reads the stream gets its
/// events out of order by no more than these.
///
///     appended   1 2 3 4 5 6 7 8 9 ...
///     stored     1 2 _ 4 5 _ 7             3 waits: with a limit of 5, 8 is not sent before it is stored
///
/// All state is behind one condition; calls are made without it.
final class PutDispatch: @unchecked Sendable {
  // Unchecked: `state` is only touched between `condition.lock()` and `unlock()`.
  struct Tally {
    var appended = 0
    var delivered = 0
    /// The first failure that ended delivery.
    var failure: ServiceError?
  }

  private struct State {
    var lanes: [Lane]
    var tally = Tally()
    /// Data and keys that wait or are under way.
    var byteCount = 0
    var isStopping = false
    /// Where senders begin to look: every lane gets its turn.
    var nextLane = 0
    /// How many records of each stream were appended.
    var appended: [StreamKind: Int] = [:]

    /// The places that may be sent of a stream are below this.
    func bound(of stream: StreamKind, _ disorderLimit: [StreamKind: Int]) -> Int {
      guard let limit = disorderLimit[stream] else { return .max }
      let first = lanes.lazy.filter { $0.stream == stream }.compactMap(\.records.firstPlace).min()
      return first.map { $0 + limit } ?? .max
    }
  }

  private struct Lane {
    let stream: StreamKind
    var records = PutLane()
    var pace: AdaptiveRate
    var backoff = Backoff()
    /// Since when nothing was stored though calls were made.
    var failingSince: ContinuousClock.Instant?
  }

  /// Of waiting data and keys: appending waits beyond.
  private static let mostBytes = 32 << 20
  private static let mostSenders = 16

  private let client: KinesisClient
  private let settings: KinesisSettings
  private let disorderLimit: [StreamKind: Int]
  private let condition = MonotonicCondition()
  private var state: State

  /// - Parameters:
  ///   - client: makes the calls.
  ///   - settings: name the streams.
  ///   - laneCounts: shards of each stream.
  ///   - disorderLimit: in messages of each stream, at least 1; none for a stream without.
  init(
    _ client: KinesisClient,
    _ settings: KinesisSettings,
    laneCounts: [StreamKind: Int],
    disorderLimit: [StreamKind: Int]
  ) {
    precondition(disorderLimit.values.allSatisfy { $0 >= 1 }, "\(disorderLimit)")
    self.client = client
    self.settings = settings
    self.disorderLimit = disorderLimit
    let now = ContinuousClock.now
    let lanes = StreamKind.allCases.flatMap { stream in
      (0..<(laneCounts[stream] ?? 0)).map { _ in
        Lane(stream: stream, pace: AdaptiveRate(at: now))
      }
    }
    state = State(lanes: lanes)
    for number in 0..<min(lanes.count, Self.mostSenders) {
      let thread = Thread { [self] in send() }
      thread.name = "kinesis-put-\(number)"
      thread.start()
    }
  }

  /// Hands records over, in their order; waits while too many bytes wait.
  ///
  /// - Parameters:
  ///   - lanes: of each record; those of checkouts stand behind those of clicks.
  ///   - users: of each record.
  ///   - record: gives data and key by a record's place in `lanes`.
  /// - Returns: what has ended delivery; nil if all were taken.
  func append(
    to lanes: [Int],
    of users: [HashKey],
    _ record: (Int) -> (data: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer)
  ) -> ServiceError? {
    condition.lock()
    defer { condition.unlock() }
    for index in lanes.indices {
      while state.byteCount >= Self.mostBytes, state.tally.failure == nil {
        // Senders may not know yet what this call has appended.
        condition.broadcast()
        condition.wait()
      }
      if let failure = state.tally.failure { return failure }
      let (data, key) = record(index)
      let stream = state.lanes[lanes[index]].stream
      state.lanes[lanes[index]].records.append(
        data: data,
        partitionKey: key,
        user: users[index],
        place: state.appended[stream, default: 0]
      )
      state.appended[stream, default: 0] += 1
      state.tally.appended += 1
      state.byteCount += data.count + key.count
    }
    condition.broadcast()
    return nil
  }

  /// Waits until everything is stored, or cannot be and nothing is under way any more.
  func drain() -> Tally {
    condition.lock()
    defer { condition.unlock() }
    while true {
      let isUnderWay = state.lanes.contains { $0.records.isUnderWay }
      if !isUnderWay, state.tally.failure != nil || state.lanes.allSatisfy({ $0.records.isEmpty }) {
        return state.tally
      }
      condition.wait()
    }
  }

  var tally: Tally {
    condition.lock()
    defer { condition.unlock() }
    return state.tally
  }

  /// Ends the senders, each after its call.
  func stop() {
    condition.lock()
    state.isStopping = true
    condition.broadcast()
    condition.unlock()
  }

  // MARK: Senders

  private func send() {
    while let (lane, stream, batch) = next() {
      let name = settings.streamName(of: stream)
      do throws(ServiceError) {
        let answer = try client.putRecords(
          batch.encoded(for: name),
          recordCount: batch.recordCount,
          to: name,
          retrying: .once
        )
        settle(lane, batch, answer, in: name)
      } catch {
        fail(lane, batch, error)
      }
    }
  }

  /// The next lane whose turn it is, and its call; nil when there shall be none.
  private func next() -> (lane: Int, stream: StreamKind, batch: PutBatch)? {
    condition.lock()
    defer { condition.unlock() }
    while !state.isStopping, state.tally.failure == nil {
      let now = ContinuousClock.now
      var wakeUp: ContinuousClock.Instant?
      let bounds = Dictionary(
        uniqueKeysWithValues: StreamKind.allCases.map { ($0, state.bound(of: $0, disorderLimit)) }
      )
      for offset in state.lanes.indices {
        let lane = (state.nextLane + offset) % state.lanes.count
        let bound = bounds[state.lanes[lane].stream] ?? .max
        guard let first = state.lanes[lane].records.firstPlace, first < bound,
          !state.lanes[lane].records.isUnderWay
        else { continue }
        let nextSend = state.lanes[lane].pace.nextSend
        guard nextSend <= now else {
          wakeUp = min(wakeUp ?? nextSend, nextSend)
          continue
        }
        state.nextLane = (lane + 1) % state.lanes.count
        let batch = state.lanes[lane].records.take(
          atMost: state.lanes[lane].pace.burst ?? PutRecordsBody.mostRecords,
          before: bound
        )
        state.lanes[lane].pace.sent(batch.recordCount, at: now)
        return (lane, state.lanes[lane].stream, batch)
      }
      if let wakeUp {
        _ = condition.wait(until: wakeUp)
      } else {
        condition.wait()
      }
    }
    return nil
  }

  private func settle(
    _ lane: Int,
    _ batch: PutBatch,
    _ answer: PutRecordsAnswer,
    in stream: String
  ) {
    condition.lock()
    defer { condition.unlock() }
    let now = ContinuousClock.now
    let stored = state.lanes[lane].records.settle(failures: answer.failures.map(\.index))
    state.tally.delivered += stored.recordCount
    state.byteCount -= stored.byteCount
    guard let failure = answer.failures.first else {
      state.lanes[lane].pace.accepted(stored.recordCount, at: now)
      state.lanes[lane].backoff = Backoff()
      state.lanes[lane].failingSince = nil
      condition.broadcast()
      return
    }
    if stored.recordCount > 0 {
      state.lanes[lane].backoff = Backoff()
      state.lanes[lane].failingSince = nil
    }
    if answer.failures.contains(where: \.isThrottling) {
      state.lanes[lane].pace.throttled(storing: stored.recordCount, at: now)
    }
    retry(
      lane,
      ServiceError(
        .refused,
        action: "kinesis:PutRecords",
        resource: KinesisClient.resource(stream),
        endpoint: settings.endpoint,
        code: failure.code,
        message: failure.message
      ),
      at: now
    )
  }

  /// The whole call did not succeed: its records stay, those that may be stored are sent again.
  private func fail(_ lane: Int, _ batch: PutBatch, _ error: ServiceError) {
    condition.lock()
    defer { condition.unlock() }
    let now = ContinuousClock.now
    _ = state.lanes[lane].records.settle(failures: Array(0..<batch.recordCount))
    if error.isThrottling { state.lanes[lane].pace.throttled(storing: 0, at: now) }
    guard error.isTransient else {
      give(up: error)
      return
    }
    retry(lane, error, at: now)
  }

  /// Lets a lane wait, with full jitter, or gives up when its time is over.
  private func retry(_ lane: Int, _ error: ServiceError, at now: ContinuousClock.Instant) {
    let since = state.lanes[lane].failingSince ?? now
    state.lanes[lane].failingSince = since
    if now - since >= settings.deliveryTimeout {
      give(up: error)
    } else {
      var random = SystemRandomNumberGenerator()
      let delay = state.lanes[lane].backoff.nextDelay(using: &random)
      state.lanes[lane].pace.pause(delay, at: now)
    }
    condition.broadcast()
  }

  private func give(up error: ServiceError) {
    if state.tally.failure == nil { state.tally.failure = error }
    condition.broadcast()
  }
}
