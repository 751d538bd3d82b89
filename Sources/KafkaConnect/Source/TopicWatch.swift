import Connect
import Synchronization

/// Whether both topics are still there, with as many partitions as when the job started.
///
///     known --not there--> missing since t --still not there at t + deletion--> deleted
///       ^---------there-------/
///
/// Asked now and then, and at once when something has hinted that a topic is gone; no hint is needed.
/// An answer that does not come says nothing: what was missing stays missing.
///
/// May be used by any thread.
final class TopicWatch: Sendable {
  private struct State {
    var failure: ConnectorError?
    var missingSince: ContinuousClock.Instant?
    var nextCheck: ContinuousClock.Instant
  }

  private let client: KafkaClient
  private let partitionCount: Int
  private let intervals: WatchIntervals
  private let state: Mutex<State>

  init(_ client: KafkaClient, partitionCount: Int, intervals: WatchIntervals) {
    self.client = client
    self.partitionCount = partitionCount
    self.intervals = intervals
    state = Mutex(State(nextCheck: .now + intervals.topics))
  }

  /// Why reading cannot go on; nil if it can.
  var failure: ConnectorError? { state.withLock { $0.failure } }

  /// Something said that a topic is not there: look soon.
  func suspect() {
    state.withLock { state in
      if state.missingSince == nil { state.nextCheck = .now }
    }
  }

  /// Asks the cluster if it is time to; blocks for an answer to each question at most.
  func checkIfDue() {
    if client.takeTopicDoubt() { suspect() }
    guard state.withLock({ $0.nextCheck <= .now && $0.failure == nil }) else { return }
    var answers: [(StreamKind, TopicLayout.Answer)] = []
    for stream in StreamKind.allCases {
      let answer = TopicLayout.ask(client, stream, atMost: intervals.query)
      answers.append((stream, answer))
      // The other would not be answered either.
      if case .failed = answer { break }
    }
    state.withLock { take(answers, at: .now, &$0) }
  }

  private func take(
    _ answers: [(StreamKind, TopicLayout.Answer)],
    at now: ContinuousClock.Instant,
    _ state: inout State
  ) {
    var isMissing = false
    var isKnown = true
    for (stream, answer) in answers {
      switch answer {
      case .partitions(partitionCount): break
      case .partitions(let count):
        let topic = client.settings.topic(of: stream)
        state.failure = state.failure ?? .grownTopic(topic, from: partitionCount, to: "\(count)")
      case .missing: isMissing = true
      case .failed: isKnown = false
      }
    }
    if isMissing {
      state.missingSince = state.missingSince ?? now
    } else if isKnown {
      state.missingSince = nil
    }
    let interval = state.missingSince == nil ? intervals.topics : intervals.recheck
    state.nextCheck = now + interval
    guard isMissing, let since = state.missingSince, since.duration(to: now) >= intervals.deletion
    else { return }
    state.failure = ConnectorError(
      .permanent,
      "a topic of \(client.settings) was deleted while it was read",
      hint: "a topic made anew is another log: attribute it into another database"
    )
  }
}

extension ConnectorError {
  /// A topic has another number of partitions than when the job started.
  static func grownTopic(_ topic: String, from before: Int, to now: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "topic \"\(topic)\" has \(now) partitions now, it had \(before) when the job started",
      hint: "give both topics as many and start the job again: it takes the new ones in; users who "
        + "change partition lose the clicks before, so do it while producers are silent for an hour"
    )
  }
}
