package import AWSClient
package import Dataflow

/// What one GetRecords gave: the records, in the shard's order, and where to go on.
///
/// Texts and data stand in `bytes`, the answer itself, decoded in place: nothing is allocated for a
/// record. 64 more bytes are readable behind any of them.
package struct RecordsPage: Sendable {
  package var bytes: ScannableBytes
  package var records: [Record]
  /// How far the page's end is behind the shard's, in ms of arrival; 0: everything was read.
  package var millisecondsBehind: Int64
  /// Nil: the shard is closed, and this is its end, if its children or ListShards say so too.
  package var next: ShardIterator?
  /// At a shard's end: those that follow it.
  package var children: [ChildShard]

  /// One record; its ranges are of the page's bytes.
  package struct Record: BitwiseCopyable, Sendable {
    /// Its decimal digits.
    package var sequenceNumber: Span
    /// UTF-8.
    package var partitionKey: Span
    package var data: Span
    /// When the stream took it, in microseconds of the service's clock, to the millisecond.
    package var arrival: EventTime
  }

  /// A range of the page's bytes.
  package struct Span: BitwiseCopyable, Hashable, Sendable {
    package var start: UInt32
    package var count: UInt32

    package init(start: Int, count: Int) {
      self.start = UInt32(start)
      self.count = UInt32(count)
    }
    package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
  }

  package init(
    bytes: ScannableBytes = ScannableBytes(),
    records: [Record] = [],
    millisecondsBehind: Int64 = 0,
    next: ShardIterator? = nil,
    children: [ChildShard] = []
  ) {
    self.bytes = bytes
    self.records = records
    self.millisecondsBehind = millisecondsBehind
    self.next = next
    self.children = children
  }

  /// The text of a range, such as a sequence number.
  package func text(_ span: Span) -> String {
    bytes.withUnsafeBytes { String(decoding: $0[span.range], as: UTF8.self) }
  }

  package func sequenceNumber(of record: Record) -> SequenceNumber {
    SequenceNumber(text(record.sequenceNumber))
  }
}
