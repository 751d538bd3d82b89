import CRDKafka
import Connect
import Foundation
import Logging
import Synchronization

/// The client that fetches all partitions of this process, each into a queue of its own.
///
///     broker threads (librdkafka)                              worker threads (ours)
///     fetch -> clicks 0    queue ---- consume_batch_queue ---> reader of (clicks, 0)
///           -> checkouts 0 queue ---------------------------->  reader of (checkouts, 0)
///           ...
///
/// With a queue each, a partition that nobody reads for a while fills its own share of memory and is
/// then fetched no further; it holds no other back.
///
/// May be used by any thread. Unchecked: the topics' handles never change.
final class KafkaConnection: @unchecked Sendable {
  let client: KafkaClient
  let logger: Logger
  let watch: LogWatch
  /// What a partition's queue may hold.
  let queueByteCount: Int
  /// How long brokers may wait for messages of partitions that have none, where all partitions are
  /// read to their ends only: the others of the same broker are not fetched meanwhile.
  private static let boundedFetchWait = "10"
  private let topics: [StreamKind: OpaquePointer]
  private static let leaderTimeout = Duration.seconds(1)
  private let feeds = Mutex<[PartitionFeed.Place: WeakFeed]>([:])

  private struct WeakFeed {
    weak var feed: PartitionFeed?
  }

  init(
    _ settings: KafkaSettings,
    partitionCount: Int,
    isBounded: Bool,
    intervals: WatchIntervals,
    logger: Logger
  ) throws(ConnectorError) {
    let limits = FetchLimits(
      memoryByteCount: settings.memoryByteCount,
      partitionCount: 2 * partitionCount,
      messageByteCount: settings.property("message.max.bytes").flatMap { Int($0) }
    )
    client = try KafkaClient(
      settings,
      role: .consumer,
      properties: [
        "queued.max.messages.kbytes": "\(limits.queueKibibytes)",
        // Only bytes bound the queue.
        "queued.min.messages": "10000000",
        "fetch.message.max.bytes": "\(limits.partitionByteCount)",
        "fetch.max.bytes": "\(limits.answerByteCount)",
      ],
      defaults: isBounded ? ["fetch.wait.max.ms": Self.boundedFetchWait] : [:],
      logger: logger
    )
    self.logger = logger
    queueByteCount = limits.queueKibibytes << 10
    topics = TopicLayout.introduce(to: client)
    // A partition that is started before its leader is known waits half a second.
    for stream in StreamKind.allCases {
      _ = TopicLayout.ask(client, stream, atMost: Self.leaderTimeout)
    }
    watch = LogWatch(
      client,
      partitionCount: partitionCount,
      intervals: intervals,
      logger: logger
    )
    watchInBackground()
  }

  deinit { for topic in topics.values { rd_kafka_topic_destroy(topic) } }

  /// librdkafka's handle of a topic.
  func topic(_ stream: StreamKind) -> OpaquePointer? { topics[stream] }

  /// Makes `feed` the only one of its partition: a former one, still there, gets nothing any more.
  func register(_ feed: PartitionFeed) {
    let former = feeds.withLock { feeds in
      defer { feeds[feed.place] = WeakFeed(feed: feed) }
      return feeds[feed.place]?.feed
    }
    former?.stop()
  }

  /// The feeds that are open.
  private var openFeeds: [PartitionFeed] {
    feeds.withLock { feeds in
      feeds = feeds.filter { $0.value.feed != nil }
      return feeds.values.compactMap(\.feed)
    }
  }

  /// Looks after the connection from a thread of its own, as long as it is there.
  private func watchInBackground() {
    let thread = Thread { [weak self] in
      while let self {
        watch.wait()
        watch.check(openFeeds)
      }
    }
    thread.name = "kafka watch"
    thread.start()
  }
}
