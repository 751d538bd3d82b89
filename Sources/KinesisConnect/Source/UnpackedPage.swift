import AWSClient
import Dataflow

/// One answer of GetRecords, its aggregated records unpacked, for all slices that read the shard.
///
///     records   | 17 | 18 aggregated: a b c | 19 |
///     entries   | 17 | 18/0 | 18/1 | 18/2   | 19 |    each with its hash key
///
/// A plain record whose partition key's hash is not in its shard's range was placed by an explicit
/// hash key, which the service does not give back: it goes by the first key of the shard. An
/// aggregated one outside of the range is left out, as the Kinesis Client Library does: the shard was
/// split or merged under way, and the producer sends it again.
final class UnpackedPage: Sendable {
  /// One event; its ranges are of the answer's bytes.
  struct Entry: BitwiseCopyable, Sendable {
    var hashKey: HashKey
    var data: RecordsPage.Span
    var partitionKey: RecordsPage.Span
    /// Of the answer's records.
    var record: Int32
    /// Among the entries of an aggregated record; -1 for a plain one.
    var subsequence: Int32
  }

  /// Where reading it began.
  let start: ShardPosition.Place
  /// Of its first and its last record.
  let first: SequenceNumber
  let last: SequenceNumber
  let entries: [Entry]
  let byteCount: Int
  /// Aggregated entries that were left out.
  let misroutedCount: Int
  private let page: RecordsPage

  /// - Parameters:
  ///   - page: with at least one record.
  ///   - shard: that it was read from.
  ///   - start: where reading began.
  init(_ page: RecordsPage, of shard: Shard, from start: ShardPosition.Place) {
    precondition(!page.records.isEmpty, "a page without records")
    self.page = page
    self.start = start
    first = page.sequenceNumber(of: page.records[0])
    last = page.sequenceNumber(of: page.records[page.records.count - 1])
    var unpacking = Unpacking(keys: shard.hashKeys)
    unpacking.entries.reserveCapacity(page.records.count)
    page.bytes.withUnsafeBytes { bytes in
      for (index, record) in page.records.enumerated() {
        unpacking.append(record, at: Int32(index), of: bytes)
      }
    }
    entries = unpacking.entries
    misroutedCount = unpacking.misroutedCount
    byteCount = page.bytes.count + entries.count * MemoryLayout<Entry>.stride
  }

  var end: ShardPosition.Place { .after(RecordNumber(last)) }

  func arrival(of entry: Entry) -> EventTime { page.records[Int(entry.record)].arrival }

  func number(of entry: Entry) -> RecordNumber {
    RecordNumber(
      page.sequenceNumber(of: page.records[Int(entry.record)]),
      subsequence: entry.subsequence < 0 ? nil : Int(entry.subsequence)
    )
  }

  /// Up to where everything is read with the entry at this index: the whole record, if nothing of it
  /// comes behind.
  func number(through index: Int) -> RecordNumber {
    var number = number(of: entries[index])
    if index + 1 == entries.count || entries[index + 1].record != entries[index].record {
      number.subsequence = nil
    }
    return number
  }

  /// The first entry behind a record; `entries.count` if there is none.
  ///
  /// O(log n).
  func index(after place: RecordNumber) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if number(of: entries[middle]) <= place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    page.bytes.withUnsafeBytes(body)
  }
}

/// The entries of a page, while it is gone through.
private struct Unpacking {
  let keys: ClosedRange<HashKey>
  var entries: [UnpackedPage.Entry] = []
  var misroutedCount = 0

  init(keys: ClosedRange<HashKey>) { self.keys = keys }

  mutating func append(
    _ record: RecordsPage.Record,
    at index: Int32,
    of bytes: UnsafeRawBufferPointer
  ) {
    let data = UnsafeRawBufferPointer(rebasing: bytes[record.data.range])
    if let aggregate = AggregatedRecord(data) {
      append(aggregate, in: data, at: index, from: record.data.range.lowerBound)
    } else {
      let key = UnsafeRawBufferPointer(rebasing: bytes[record.partitionKey.range])
      let hashKey = HashKey(ofPartitionKey: key)
      entries.append(
        UnpackedPage.Entry(
          hashKey: keys.contains(hashKey) ? hashKey : keys.lowerBound,
          data: record.data,
          partitionKey: record.partitionKey,
          record: index,
          subsequence: -1
        )
      )
    }
  }

  /// `base` is where `data` begins in the answer's bytes.
  private mutating func append(
    _ aggregate: AggregatedRecord,
    in data: UnsafeRawBufferPointer,
    at index: Int32,
    from base: Int
  ) {
    for (subsequence, entry) in aggregate.entries.enumerated() {
      let key = UnsafeRawBufferPointer(rebasing: data[entry.partitionKey])
      let hashKey = entry.explicitHashKey.map(HashKey.init) ?? HashKey(ofPartitionKey: key)
      guard keys.contains(hashKey) else {
        misroutedCount += 1
        continue
      }
      entries.append(
        UnpackedPage.Entry(
          hashKey: hashKey,
          data: RecordsPage.Span(start: base + entry.data.lowerBound, count: entry.data.count),
          partitionKey: RecordsPage.Span(
            start: base + entry.partitionKey.lowerBound,
            count: entry.partitionKey.count
          ),
          record: index,
          subsequence: Int32(subsequence)
        )
      )
    }
  }
}
