import Connect
import Synchronization

/// Counts what a worker has asked of each shard, and what came: shards that it reads no longer keep
/// their counts.
///
/// May be used by any thread.
final class ReadMeter: Sendable {
  private struct Part: Hashable {
    var stream: StreamKind
    var shard: String
  }

  private let parts = Mutex<[Part: PartReads]>([:])

  /// In the order of streams and shards.
  var reads: [PartReads] {
    parts.withLock { Array($0.values) }.sorted {
      ($0.stream.rawValue, $0.part) < ($1.stream.rawValue, $1.part)
    }
  }

  func note(_ outcome: ShardFeed.Outcome, of shard: String, in stream: StreamKind) {
    parts.withLock { parts in
      let key = Part(stream: stream, shard: shard)
      parts[key, default: PartReads(of: shard, in: stream)].note(outcome)
    }
  }
}

extension PartReads {
  fileprivate mutating func note(_ outcome: ShardFeed.Outcome) {
    calls += 1
    switch outcome {
    case .page(let page, _):
      records += Int64(page.records.count)
      bytes += page.records.reduce(0) { $0 + Int64($1.data.count) }
      behindMilliseconds = page.millisecondsBehind
    case .throttled: throttledCalls += 1
    case .gone: behindMilliseconds = 0
    case .expired, .lost, .trouble, .failed: break
    }
  }
}
