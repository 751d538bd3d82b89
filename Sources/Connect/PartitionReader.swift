/// Reads one partition of one stream, from a position on, in runs of whole records.
///
/// Used by one thread at a time. The memory of a run is the reader's and stays as it is until the
/// second read after it: one run is read and decoded while the engine has the one before.
package protocol PartitionReader: AnyObject {
  /// The next run of messages, without waiting; empty when none is there yet.
  ///
  /// Whether more is to come says `MessageRun.isCaughtUp`: a log behind a network may have records
  /// that have not arrived. A run has about `byteCount` bytes at most, but at least one record if
  /// there is one, however long. A gap comes with the first run behind it; one that reaches past the
  /// reader's bound comes with an empty run, and nothing follows.
  ///
  /// Throws for what will not pass; trouble that may pass (a broker away) is no error, and no end.
  func read(atMost byteCount: Int) throws(ConnectorError) -> MessageRun

  /// The position after everything that `read` has returned.
  var position: SourcePosition { get }

  /// Lag behind the end of the partition, in the log's own unit. Asked after every read, so it must
  /// not wait once something was read.
  ///
  /// Throws while the end is not known; a reader that has read nothing may also throw what reading
  /// would.
  func lag() throws(ConnectorError) -> Int64

  /// Where a message of the last two runs stands, in the log's own words; nil where its offset says
  /// it.
  func place(ofOffset offset: Int64) -> String?

  /// Has `wake` called from any thread when something has come to a reader that had nothing.
  ///
  /// A reader that cannot tell is polled.
  func onArrival(_ wake: @escaping @Sendable () -> Void)
}

extension PartitionReader {
  package func place(ofOffset offset: Int64) -> String? { nil }
  package func onArrival(_ wake: @escaping @Sendable () -> Void) {}
}

/// A run of messages in memory that the decoder may rewrite in place; 64 bytes behind the end of
/// each piece of it are readable.
package struct MessageRun {
  /// How messages are told apart.
  package enum Framing {
    /// Newline-separated text (`\n` or `\r\n`) in `bytes`; only the last line may lack its line
    /// end. Blank lines are no messages.
    case lines
    /// One each, wherever it stands in memory; `bytes` is empty.
    case messages(UnsafeBufferPointer<Message>)
  }

  /// A message with the offset that the log gave it, and its key.
  package struct Message: BitwiseCopyable {
    package var offset: Int64
    /// Nil for a null payload.
    package var start: UnsafeMutableRawPointer?
    package var byteCount: Int
    /// Nil for a null key.
    package var key: UnsafeRawPointer?
    package var keyByteCount: Int

    @inlinable package init(
      offset: Int64,
      start: UnsafeMutableRawPointer?,
      byteCount: Int,
      key: UnsafeRawPointer?,
      keyByteCount: Int
    ) {
      self.offset = offset
      self.start = start
      self.byteCount = byteCount
      self.key = key
      self.keyByteCount = keyByteCount
    }
  }

  /// The text of lines.
  package var bytes: UnsafeMutableRawBufferPointer
  /// Offset in the log of the run's first byte (lines).
  package var startOffset: Int64
  package var framing: Framing
  /// Of all its messages.
  package var byteCount: Int
  /// True when nothing more was there to read: the position is at the end of the log.
  package var isCaughtUp: Bool
  /// Where reading would start to see this run again, up to a position that says how.
  package var startPosition: SourcePosition
  /// What was skipped right before this run; the run itself may be empty then.
  package var gap: LogGap?
  /// True when the position has moved so far without records that it is worth a commit.
  package var isMilestone = false

  /// A run of lines.
  package init(
    bytes: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    isCaughtUp: Bool,
    startPosition: SourcePosition,
    gap: LogGap? = nil
  ) {
    self.bytes = bytes
    self.startOffset = startOffset
    framing = .lines
    byteCount = bytes.count
    self.isCaughtUp = isCaughtUp
    self.startPosition = startPosition
    self.gap = gap
  }

  /// A run of messages that were apart from the start.
  package init(
    messages: UnsafeBufferPointer<Message>,
    byteCount: Int,
    isCaughtUp: Bool,
    startPosition: SourcePosition,
    gap: LogGap? = nil
  ) {
    bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    startOffset = 0
    framing = .messages(messages)
    self.byteCount = byteCount
    self.isCaughtUp = isCaughtUp
    self.startPosition = startPosition
    self.gap = gap
  }

  /// True when it has no messages; a null payload is one.
  package var isEmpty: Bool {
    switch framing {
    case .lines: bytes.isEmpty
    case .messages(let messages): messages.isEmpty
    }
  }
}

/// Where reading a partition ends.
package enum ReadBound: Hashable, Sendable {
  /// Never: the log grows. An unterminated last line is still being written.
  case never
  /// At the end that the log has when it is reached: an unterminated last line is a record.
  case endOfLog
  /// At a position that an earlier reader of the same partition gave: what it had returned is
  /// returned again, and nothing else. What is gone since is a gap, whatever the policy.
  case position(SourcePosition)
}

/// A stream of clicks and checkouts, co-partitioned.
package protocol Source: Sendable {
  /// Names the log for `stream_progress`, so that a database is not fed from two different logs.
  var identity: String { get }
  /// Number of partitions, the same of both streams.
  func partitionCount() throws(ConnectorError) -> Int
  /// Opens a partition; `position` nil is the beginning of the log.
  func open(
    _ stream: StreamKind,
    partition: Int,
    at position: SourcePosition?,
    until bound: ReadBound
  ) throws(ConnectorError) -> any PartitionReader
  /// The position less what it says of records before `start`; nil: the beginning of the log.
  ///
  /// For one who goes on there, and who reads again from `start` at the earliest.
  func trimmed(_ position: SourcePosition, rereadFrom start: SourcePosition?) -> SourcePosition
  /// What readers' lag is counted in.
  var lagUnit: LagUnit { get }
  /// What a partition is called, in the plural.
  var partName: String { get }
  /// Joins the workers that read this log into the same sink; nil when this worker runs all tasks.
  ///
  /// Workers that feed another sink read the whole log for themselves.
  func joinGroup(feeding sinkIdentity: String) throws(ConnectorError) -> (any TaskAssignment)?
  /// True when partitions may be added while the log is followed: they are looked for, and read too.
  var growsByPartitions: Bool { get }
  /// True when any worker may read any task and the log knows no groups: the sink then leases the
  /// tasks to its workers.
  var isLeasedBySink: Bool { get }
  /// What was asked of the log's own parts so far, and what came; nil where that is not counted.
  var reads: [PartReads]? { get }
}

extension Source {
  package var lagUnit: LagUnit { .bytes }
  package var partName: String { "partitions" }
  package var growsByPartitions: Bool { false }
  package var isLeasedBySink: Bool { false }
  package var reads: [PartReads]? { nil }
  package func trimmed(
    _ position: SourcePosition,
    rereadFrom start: SourcePosition?
  ) -> SourcePosition { position }
  package func joinGroup(
    feeding sinkIdentity: String
  ) throws(ConnectorError) -> (any TaskAssignment)? { nil }
}
