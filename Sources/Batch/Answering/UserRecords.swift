import Connect
import Dataflow

/// The distinct records of one partition by user, each user's in input order.
///
/// ```
/// read      a of u | b of v | k of u | c of u | ...      in input order, clicks first
/// sorted    a  c   | k      | b      |                   by user and stream; users are numbered
///           u: clicks  checkouts  v: clicks  checkouts   as they first appear
/// ```
struct UserRecords: ~Copyable {
  /// A record in the partition's memory.
  struct Entry: Timestamped, BitwiseCopyable {
    let time: EventTime
    let record: UnsafeRawPointer
    /// Number of the user's clicks or checkouts among all such lists.
    fileprivate let list: UInt32
  }

  private let seed = UInt64.random(in: 1 ... .max)
  private var users = IDTable()
  private var distinct: DistinctEvents
  private var entries: [Entry] = []
  /// With room for all entries at least.
  private var sorted = UnsafeMutableBufferPointer<Entry>.allocate(capacity: 1 << 16)
  /// Where the lists end in `sorted`: two lists a user.
  private var ends: [Int] = []

  /// - Parameter repeated: the ids that come more than once in the input.
  init(_ repeated: RepeatedIDs) { distinct = DistinctEvents(repeated) }

  deinit { sorted.deallocate() }

  var userCount: Int { users.count }

  /// The records of the partition that are copies of others.
  var duplicates: (clicks: Int, checkouts: Int) { distinct.duplicates }

  /// Replaces the records by those of a partition, in whose memory they stay.
  mutating func load(_ contents: PartitionContents, _ partition: Int) {
    users.removeAll()
    distinct.start(partition)
    entries.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    contents.forEach { record, stream in
      if distinct.keep(record, of: stream) { append(record, of: stream) }
    }
    sort()
  }

  /// The clicks and the checkouts of a user, to be changed in place; valid until the next `load`.
  subscript(
    user: Int
  ) -> (
    clicks: UnsafeMutableBufferPointer<Entry>, checkouts: UnsafeMutableBufferPointer<Entry>
  ) {
    let start = user == 0 ? 0 : ends[2 * user - 1]
    let (clicks, checkouts) = (start..<ends[2 * user], ends[2 * user]..<ends[2 * user + 1])
    return (
      UnsafeMutableBufferPointer(rebasing: sorted[clicks]),
      UnsafeMutableBufferPointer(rebasing: sorted[checkouts])
    )
  }

  @inline(__always)
  private mutating func append(_ record: UnsafeRawPointer, of stream: StreamKind) {
    let header = PackedHeader(of: record)
    let id = record + PackedHeader.byteCount + header.eventIDByteCount
    let user = users.insert(
      id,
      header.userIDByteCount,
      WordHash.fold(id, header.userIDByteCount, into: seed)
    )
    if user.isNew {
      ends.append(0)
      ends.append(0)
    }
    let list = 2 &* user.number &+ (stream == .clicks ? 0 : 1)
    ends[list] &+= 1
    entries.append(
      Entry(
        time: EventTime(microseconds: header.time),
        record: record,
        list: UInt32(truncatingIfNeeded: list)
      )
    )
  }

  /// Brings the entries of each list together, by counting.
  private mutating func sort() {
    var start = 0
    for list in ends.indices {
      start += ends[list]
      ends[list] = start - ends[list]
    }
    if sorted.count < entries.count {
      sorted.deallocate()
      sorted = .allocate(capacity: entries.count * 2)
    }
    ends.withUnsafeMutableBufferPointer { ends in
      for entry in entries {
        let list = Int(entry.list)
        sorted[ends[list]] = entry
        ends[list] &+= 1
      }
    }
  }
}
