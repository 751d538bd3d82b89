import Connect
import Foundation
import Logging
import Synchronization

/// The threads that read shards for all slices of this worker, and list the streams' shards.
///
/// They end, each after the call that it has under way, once nobody holds the fetcher.
final class ShardFetcher: Sendable {
  private static let threadCounts = 8...32
  /// Open shards that a thread can serve: each is asked a few times a second, and its pages unpacked.
  private static let shardsPerThread = 2

  /// What the threads hold, instead of the fetcher, which would never be let go of.
  private final class Shift: Sendable {
    let calls: ShardCalls
    let isOver = Atomic(false)

    init(_ calls: ShardCalls) { self.calls = calls }

    func work() {
      while true {
        // Before the look, so that nothing is missed in between.
        let seen = calls.signal.current
        if isOver.load(ordering: .acquiring) { return }
        calls.signal.wait(after: seen, until: calls.makeNext())
      }
    }
  }

  private let shift: Shift

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - calls: what they make.
  ///   - shardCount: of both streams, as many as there are now.
  init(_ calls: ShardCalls, shardCount: Int) {
    shift = Shift(calls)
    let bounds = Self.threadCounts
    let wanted = shardCount / Self.shardsPerThread
    for index in 0..<min(max(wanted, bounds.lowerBound), bounds.upperBound) {
      let thread = Thread { [shift] in shift.work() }
      thread.name = "kinesis \(index)"
      thread.start()
    }
  }

  deinit {
    shift.isOver.store(true, ordering: .releasing)
    shift.calls.signal.postToAll()
  }

  /// What was asked of each shard so far, and what came.
  var reads: [PartReads] { shift.calls.reads }

  /// The feed of a shard, the same for all who ask; read as long as one of them holds it.
  func feed(of shard: Shard, in stream: StreamShards) -> ShardFeed {
    shift.calls.feed(of: shard, in: stream)
  }
}
