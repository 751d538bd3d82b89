import Connect
import Foundation
import Logging
import Synchronization

/// The threads that read shards for all slices of this worker, and list the streams' shards.
///
/// They end, each after the call that it has under way, once nobody holds the fetcher.
final class ShardFetcher: Sendable {
  private static let threadCounts = 4...32
  /// Open shards that a thread can serve: each is asked a few times a second.
  private static let shardsPerThread = 4
  /// Between looks at what is due, unless somebody begins to want something.
  private static let poll: Duration = .milliseconds(5)

  /// What the threads hold, instead of the fetcher, which would never be let go of.
  private final class Shift: Sendable {
    let calls: ShardCalls
    let isOver = Atomic(false)

    init(_ calls: ShardCalls) { self.calls = calls }

    func work() {
      while !isOver.load(ordering: .acquiring) {
        if !calls.makeNext() { Thread.sleep(forTimeInterval: poll / .seconds(1)) }
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

  deinit { shift.isOver.store(true, ordering: .releasing) }

  /// The feed of a shard, the same for all who ask; read as long as one of them holds it.
  func feed(of shard: Shard, in stream: StreamShards) -> ShardFeed {
    shift.calls.feed(of: shard, in: stream)
  }
}
