import Connect
import PostgresConnect
import Programs

extension StatusReport {
  /// What all workers have read of a stream's own parts; of logs that count it.
  struct Reads: Encodable {
    struct Shard: Encodable {
      var shard: String
      var calls: Int64
      var throttledCalls: Int64
      var records: Int64
      var bytes: Int64
      /// Of the worker that is furthest behind, when it last said so; nil before.
      var iteratorAgeMilliseconds: Int64?
      var secondsSinceRead: Double?
    }

    var stream: String
    var calls: Int64 = 0
    var throttledCalls: Int64 = 0
    /// As the log has them: aggregated ones count once, those that two workers read twice.
    var records: Int64 = 0
    var bytes: Int64 = 0
    /// Of the shard that is furthest behind.
    var iteratorAgeMilliseconds: Int64?
    var shards: [Shard] = []

    /// A stream's, or nil if nothing was read of it.
    init?(of stream: StreamKind, _ parts: [PartStatus]) {
      self.stream = stream.rawValue
      for part in parts where part.reads.stream == stream {
        let reads = part.reads
        calls += reads.calls
        throttledCalls += reads.throttledCalls
        records += reads.records
        bytes += reads.bytes
        if let age = reads.behindMilliseconds {
          iteratorAgeMilliseconds = max(iteratorAgeMilliseconds ?? 0, age)
        }
        shards.append(Shard(part))
      }
      guard !shards.isEmpty else { return nil }
    }

    /// For people.
    var line: String {
      let age = iteratorAgeMilliseconds.map {
        ", iterator age \(Figures.duration(.milliseconds($0)))"
      }
      return "\(Figures.grouped(Int64(shards.count))) shards: \(Figures.grouped(calls)) calls, "
        + "\(Figures.grouped(throttledCalls)) throttled; \(Figures.grouped(records)) records "
        + "(\(Figures.bytes(bytes))) in\(age ?? "")"
    }
  }
}

extension StatusReport.Reads.Shard {
  fileprivate init(_ part: PartStatus) {
    shard = part.reads.part
    calls = part.reads.calls
    throttledCalls = part.reads.throttledCalls
    records = part.reads.records
    bytes = part.reads.bytes
    iteratorAgeMilliseconds = part.reads.behindMilliseconds
    secondsSinceRead = part.secondsSinceRead
  }
}
