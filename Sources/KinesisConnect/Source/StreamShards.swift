import Connect
import Dataflow
import Synchronization

/// The shards of a stream as this worker knows them: by the last list, and by what the ends of shards
/// have told since.
///
/// A list may be older than what is known already, so a shard is forgotten only after lists have gone
/// without it for a while. May be used by any thread.
final class StreamShards: Sendable {
  struct Snapshot {
    /// Grows with every change.
    var version = 0
    var shards: [String: Shard] = [:]
  }

  fileprivate struct State {
    var snapshot = Snapshot()
    var seenAt: [String: ContinuousClock.Instant] = [:]
    var nextList: ContinuousClock.Instant
    var isListing = false
    var onWant: @Sendable () -> Void = {}
  }

  /// Between two lists.
  private static let interval: Duration = .seconds(30)
  /// Between two lists that somebody waits for.
  private static let urgentInterval: Duration = .seconds(1)
  /// A shard that no list has for so long is gone.
  private static let memory: Duration = .seconds(600)

  let stream: StreamKind
  let name: String
  /// How long records are kept.
  let retention: EventSpan
  private let state: Mutex<State>

  init(_ shards: [Shard], of stream: StreamKind, name: String, retention: EventSpan) {
    self.stream = stream
    self.name = name
    self.retention = retention
    state = Mutex(State(nextList: .now + Self.interval))
    take(shards)
  }

  var snapshot: Snapshot { state.withLock(\.snapshot) }

  /// True once a list has given a shard's last sequence number.
  func isClosed(_ id: String) -> Bool { snapshot.shards[id].map { !$0.isOpen } ?? false }

  /// Takes over a list of the stream's shards.
  func take(_ shards: [Shard]) {
    state.withLock { state in
      let now = ContinuousClock.now
      state.isListing = false
      state.nextList = now + Self.interval
      for shard in shards { state.seenAt[shard.id] = now }
      var known = state.snapshot.shards.filter { id, _ in
        state.seenAt[id].map { $0.duration(to: now) < Self.memory } ?? false
      }
      for shard in shards { known[shard.id] = shard }
      state.adopt(known)
    }
  }

  /// Takes over what the end of a shard has told of those behind it.
  ///
  /// A child with a parent that is not known waits for a list: only a list tells a parent that is gone
  /// from one that is new.
  func take(children: [ChildShard]) {
    state.withLock { state in
      var known = state.snapshot.shards
      for child in children where known[child.id] == nil {
        guard child.parentIDs.allSatisfy({ known[$0] != nil }) else { continue }
        known[child.id] = Shard(
          id: child.id,
          parentID: child.parentIDs.first,
          adjacentParentID: child.parentIDs.dropFirst().first,
          hashKeys: child.hashKeys
        )
        state.seenAt[child.id] = .now
      }
      state.adopt(known)
    }
  }

  /// Somebody waits for shards that are not known.
  func wantList() {
    let onWant = state.withLock { state -> (@Sendable () -> Void)? in
      let wanted = ContinuousClock.now + Self.urgentInterval
      guard wanted < state.nextList else { return nil }
      state.nextList = wanted
      return state.onWant
    }
    onWant?()
  }

  /// Has `body` called when a list is due sooner than it was.
  func onWant(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onWant = body } }

  /// When the next list is due, unless one is being made.
  var nextList: ContinuousClock.Instant? { state.withLock { $0.isListing ? nil : $0.nextList } }

  /// True if a list is due; the caller must make it and say `take` or `failed`.
  func beginListIfDue(at now: ContinuousClock.Instant) -> Bool {
    state.withLock { state in
      guard !state.isListing, state.nextList <= now else { return false }
      state.isListing = true
      return true
    }
  }

  /// The list did not come.
  func failed() {
    state.withLock { state in
      state.isListing = false
      state.nextList = .now + Self.urgentInterval
    }
  }
}

extension StreamShards.State {
  fileprivate mutating func adopt(_ known: [String: Shard]) {
    guard known != snapshot.shards else { return }
    snapshot = StreamShards.Snapshot(version: snapshot.version + 1, shards: known)
  }
}
