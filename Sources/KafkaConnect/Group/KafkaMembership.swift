import CRDKafka
import Connect
import Logging
import Synchronization

/// A worker's place in the consumer group that spreads the tasks of a log.
///
///     group      clicks 0  clicks 1  clicks 2      subscribed: the clicks topic alone
///     worker A   task 0    task 1                  task p = clicks p and checkouts p
///     worker B                       task 2        fetched by another client, explicitly
///
/// The member subscribes to the clicks topic only and fetches nothing; the checkouts partition of a
/// task follows its clicks partition. So the two always land on one worker, whatever the assignor
/// does: a pairing that cooperative-sticky over both topics would not promise. Cooperative-sticky
/// moves as few tasks as it can and lets the others run on meanwhile.
///
/// The group moves a task only after `complete` of its revocation. Its word is not what exactly-once
/// rests on: a worker that it has lost sight of is fenced by the sink.
///
/// Positions are committed to the group for tools that show the lag, and never read.
///
/// `nextChange` is for one thread; the rest may be called from any. Unchecked: events are touched
/// behind the lock.
final class KafkaMembership: TaskAssignment, @unchecked Sendable {
  private static let pollInterval = Duration.milliseconds(500)
  private static let reportInterval = Duration.seconds(5)
  private static let leaveTimeout = Duration.seconds(5)

  /// Unchecked: the event is one owner's at a time, who destroys it.
  private struct Outstanding: @unchecked Sendable {
    var change: AssignmentChange
    /// librdkafka's event, which holds the partitions.
    var event: OpaquePointer
  }

  private struct State {
    var outstanding: [Outstanding] = []
    var reports: [PartitionFeed.Place: Int64] = [:]
    var nextReport = ContinuousClock.now + reportInterval
    var isClosed = false
    /// The group has said at least once which tasks are this worker's.
    var hasAssignment = false
    /// When to ask whether the group can be reached, if there are no tasks by then.
    var nextLook: ContinuousClock.Instant
  }

  private let client: KafkaClient
  private let group: String
  private let intervals: WatchIntervals
  private let logger: Logger
  private let partitionCount: Int
  private let queue: OpaquePointer
  private let state: Mutex<State>
  /// A worker without tasks reads nothing that would tell it.
  private let watch: TopicWatch

  /// Joins in the background: tasks come through `nextChange`.
  ///
  /// - Parameters:
  ///   - settings: of the user; `group.instance.id` may be among the properties.
  ///   - group: the group's name.
  ///   - partitionCount: of each topic; more than these are an error.
  ///   - intervals: how often the cluster is asked whether the topics are still what they were.
  ///   - logger: for trouble with the group.
  /// - Throws: when the library refuses the properties or the topic's name.
  init(
    _ settings: KafkaSettings,
    group: String,
    partitionCount: Int,
    intervals: WatchIntervals,
    logger: Logger
  ) throws(ConnectorError) {
    client = try KafkaClient(
      settings,
      role: .member,
      properties: [
        "group.id": group,
        "partition.assignment.strategy": "cooperative-sticky",
        // Nothing is fetched but by accident, before a new partition is paused.
        "queued.max.messages.kbytes": "1",
        "fetch.message.max.bytes": "1024",
      ],
      logger: logger,
      configure: { rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_REBALANCE) }
    )
    self.group = group
    self.intervals = intervals
    state = Mutex(State(nextLook: .now + intervals.silence))
    self.logger = logger
    self.partitionCount = partitionCount
    watch = TopicWatch(client, partitionCount: partitionCount, intervals: intervals)
    // None for a client without a group.
    guard let queue = rd_kafka_queue_get_consumer(client.handle) else {
      throw client.error(
        RD_KAFKA_RESP_ERR__UNKNOWN_GROUP,
        attempting: "join the group \"\(group)\""
      )
    }
    self.queue = queue
    try subscribe()
  }

  private func subscribe() throws(ConnectorError) {
    let topics = rd_kafka_topic_partition_list_new(1)
    defer { rd_kafka_topic_partition_list_destroy(topics) }
    rd_kafka_topic_partition_list_add(topics, client.settings.topic(of: .clicks), -1)
    let code = rd_kafka_subscribe(client.handle, topics)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw client.error(code, attempting: "join the group \"\(group)\"")
    }
  }

  deinit {
    close()
    rd_kafka_queue_destroy(queue)
  }

  func nextChange(atMost timeout: Duration) throws(ConnectorError) -> AssignmentChange? {
    let deadline = ContinuousClock.now + timeout
    while true {
      let wait = max(.zero, min(Self.pollInterval, deadline - .now))
      if let event = rd_kafka_queue_poll(queue, wait.wholeMilliseconds) {
        if let change = try take(event) { return change }
      }
      client.poll()
      commitReports()
      watch.checkIfDue()
      if let failure = watch.failure { throw failure }
      lookForGroup()
      guard ContinuousClock.now < deadline else { return nil }
    }
  }

  func complete(_ change: AssignmentChange) throws(ConnectorError) {
    let outstanding = state.withLock { state -> Outstanding? in
      guard let index = state.outstanding.firstIndex(where: { $0.change == change }) else {
        return nil
      }
      return state.outstanding.remove(at: index)
    }
    guard let outstanding else { preconditionFailure("\(change) was not handed out") }
    defer { rd_kafka_event_destroy(outstanding.event) }
    try acknowledge(outstanding)
  }

  func report(task: Int, clicks: SourcePosition?, checkouts: SourcePosition?) {
    let positions: [(StreamKind, SourcePosition?)] = [(.clicks, clicks), (.checkouts, checkouts)]
    state.withLock { state in
      for (stream, position) in positions {
        guard let offset = try? KafkaPosition(position).offset else { continue }
        state.reports[PartitionFeed.Place(stream: stream, partition: task)] = offset
      }
    }
  }

  func close() {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard isFirst else { return }
    commitReports(isDue: true)
    let events = state.withLock { state in
      defer { state.outstanding = [] }
      return state.outstanding.map(\.event)
    }
    for event in events { rd_kafka_event_destroy(event) }
    guard state.withLock({ $0.hasAssignment }) else { return leaveUnassigned() }
    // Before 2.4 it waits forever when tasks come meanwhile:
    // https://github.com/confluentinc/librdkafka/pull/4528. The group then misses this worker.
    let hasLeft = BoundedCall.wait(atMost: Self.leaveTimeout) { [client] in
      rd_kafka_consumer_close(client.handle)
    }
    if !hasLeft { logger.warning("did not leave the group in time: it will notice by itself") }
  }

  /// Leaves, and lets the client live as long as the process.
  ///
  /// librdkafka before 2.3 ends the process when a cooperative-sticky client is destroyed between its
  /// joining and its first assignment: https://github.com/confluentinc/librdkafka/issues/4312.
  private func leaveUnassigned() {
    rd_kafka_unsubscribe(client.handle)
    _ = Unmanaged.passRetained(client)
  }

  // MARK: Events

  /// The change that an event is, if it is one that concerns a task.
  private func take(_ event: OpaquePointer) throws(ConnectorError) -> AssignmentChange? {
    guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE else {
      defer { rd_kafka_event_destroy(event) }
      try check(event)
      return nil
    }
    let tasks = Self.partitions(of: event)
    state.withLock { $0.nextLook = .now + intervals.silence }
    if rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
      state.withLock { $0.hasAssignment = true }
    }
    let change: AssignmentChange =
      switch rd_kafka_event_error(event) {
      case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: .assigned(tasks)
      case _ where rd_kafka_assignment_lost(client.handle) != 0: .lost(tasks)
      default: .revoked(tasks)
      }
    let outstanding = Outstanding(change: change, event: event)
    guard !tasks.isEmpty else {
      defer { rd_kafka_event_destroy(event) }
      try acknowledge(outstanding)
      return nil
    }
    if case .assigned = change, let task = tasks.first(where: { $0 >= partitionCount }) {
      rd_kafka_event_destroy(event)
      throw .grownTopic(
        client.settings.topic(of: .clicks),
        from: partitionCount,
        to: "at least \(task + 1)"
      )
    }
    state.withLock { $0.outstanding.append(outstanding) }
    return change
  }

  /// The partitions of a rebalance, in order.
  private static func partitions(of event: OpaquePointer) -> [Int] {
    guard let list = rd_kafka_event_topic_partition_list(event) else { return [] }
    let partitions = UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    return partitions.map { Int($0.partition) }.sorted()
  }

  /// Lets the group go on.
  private func acknowledge(_ outstanding: Outstanding) throws(ConnectorError) {
    let list = rd_kafka_event_topic_partition_list(outstanding.event)
    let error: OpaquePointer?
    switch outstanding.change {
    case .assigned:
      // From the end, and paused: this client fetches nothing.
      if let list {
        for index in 0..<Int(list.pointee.cnt) {
          list.pointee.elems[index].offset = Int64(RD_KAFKA_OFFSET_END)
        }
      }
      error = rd_kafka_incremental_assign(client.handle, list)
      rd_kafka_pause_partitions(client.handle, list)
    case .revoked(let tasks), .lost(let tasks):
      commitReports(isDue: true)
      forgetReports(of: tasks)
      error = rd_kafka_incremental_unassign(client.handle, list)
    }
    guard let error else { return }
    defer { rd_kafka_error_destroy(error) }
    let text = rd_kafka_error_string(error).map { String(cString: $0) } ?? ""
    guard rd_kafka_error_is_fatal(error) == 0 else {
      throw KafkaFailure(code: rd_kafka_error_code(error), text: text)
        .connectorError(attempting: "stay in the group", of: client.settings)
    }
    // The group has moved on meanwhile; what it wants now comes as the next change.
    logger.debug("group has moved on", metadata: ["error": "\(text)"])
  }

  /// Throws what will not pass; the rest librdkafka gets over by itself.
  private func check(_ event: OpaquePointer) throws(ConnectorError) {
    guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR else { return }
    let text = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
    let reported = KafkaFailure(code: rd_kafka_event_error(event), text: text)
    if reported.isUnknownTopic { watch.suspect() }
    let failure =
      reported.code == RD_KAFKA_RESP_ERR__FATAL ? client.fatalFailure ?? reported : reported
    guard failure.isRefusal || failure.isRefusalOfMember else {
      logger.debug("group in trouble", metadata: ["error": "\(text)"])
      return
    }
    throw failure.connectorError(attempting: "stay in the group", of: client.settings)
  }

  /// Says why a worker waits for tasks, when it is the group that cannot be reached.
  ///
  /// Not all of that comes as an event: librdkafka looks for a coordinator without a word.
  private func lookForGroup() {
    let isDue = state.withLock { state in
      guard state.nextLook <= .now else { return false }
      state.nextLook = .now + intervals.reminder
      return true
    }
    guard isDue, !hasTasks else { return }
    do throws(ConnectorError) {
      try client.checkCoordinator(of: group, atMost: intervals.query)
    } catch {
      logger.warning(
        "no tasks yet, the client goes on trying to join the group",
        metadata: ["error": "\(error)"]
      )
    }
  }

  private var hasTasks: Bool {
    var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    guard rd_kafka_assignment(client.handle, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
      return false
    }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    return list.pointee.cnt > 0
  }

  // MARK: Reports

  /// Commits the positions reported since the last time, without waiting for the answer.
  private func commitReports(isDue: Bool = false) {
    let reports = state.withLock { state -> [PartitionFeed.Place: Int64] in
      let now = ContinuousClock.now
      guard !state.reports.isEmpty, isDue || state.nextReport <= now else { return [:] }
      state.nextReport = now + Self.reportInterval
      defer { state.reports = [:] }
      return state.reports
    }
    guard !reports.isEmpty else { return }
    let list = rd_kafka_topic_partition_list_new(Int32(reports.count))
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for (place, offset) in reports {
      let topic = client.settings.topic(of: place.stream)
      let entry = rd_kafka_topic_partition_list_add(list, topic, Int32(place.partition))
      entry?.pointee.offset = offset
    }
    rd_kafka_commit(client.handle, list, 1)
  }

  private func forgetReports(of tasks: [Int]) {
    state.withLock { state in
      state.reports = state.reports.filter { !tasks.contains($0.key.partition) }
    }
  }
}
