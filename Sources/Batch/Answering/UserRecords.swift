import CScan
import Connect
import Dataflow

/// The records of one partition by user, each user's in input order.
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
    /// Of the event_id; its seed is the process's.
    let idHash: UInt32
    /// Number of the user's clicks or checkouts among all such lists.
    fileprivate let list: UInt32
  }

  private struct User: BitwiseCopyable {
    let id: UnsafeRawPointer
    let idByteCount: Int
    let hash: UInt64
  }

  private let seed = UInt64.random(in: 1 ... .max)
  private var users: [User] = []
  /// An open-addressing table of numbers of users, from 1 on, at most half full.
  private var slots: [UInt32] = []
  private var entries: [Entry] = []
  /// With room for all entries at least.
  private var sorted = UnsafeMutableBufferPointer<Entry>.allocate(capacity: 1 << 16)
  /// Where the lists end in `sorted`: two lists a user.
  private var ends: [Int] = []

  init() {}

  deinit { sorted.deallocate() }

  var userCount: Int { users.count }

  /// Replaces the records by those of a partition, in whose memory they stay.
  mutating func load(_ contents: PartitionContents) {
    users.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    resizeSlots(4096)
    contents.forEach { record, stream in append(record, of: stream) }
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
    let id = header.eventID(record)
    let list = 2 &* user(header.userID(record)) &+ (stream == .clicks ? 0 : 1)
    ends[list] &+= 1
    let hash = WordHash.fold(record + PackedHeader.byteCount, id.count, into: seed)
    entries.append(
      Entry(
        time: EventTime(microseconds: header.time),
        record: record,
        idHash: UInt32(truncatingIfNeeded: hash),
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

  /// The index of the user, who is entered if need be.
  @inline(__always)
  private mutating func user(_ id: UnsafeRawBufferPointer) -> Int {
    guard let start = id.baseAddress else { return 0 }
    let hash = WordHash.fold(start, id.count, into: seed)
    let mask = slots.count &- 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place] != 0 {
      let index = Int(slots[place]) &- 1
      let user = users[index]
      if user.hash == hash, user.idByteCount == id.count,
        scan_equal_short(user.id, start, id.count)
      {
        return index
      }
      place = (place &+ 1) & mask
    }
    return enter(User(id: start, idByteCount: id.count, hash: hash), at: place)
  }

  @inline(never)
  private mutating func enter(_ user: User, at place: Int) -> Int {
    users.append(user)
    ends.append(0)
    ends.append(0)
    slots[place] = UInt32(truncatingIfNeeded: users.count)
    if users.count * 2 > slots.count { resizeSlots(slots.count * 4) }
    return users.count - 1
  }

  private mutating func resizeSlots(_ count: Int) {
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(0, count: count))
    for (index, user) in users.enumerated() {
      var place = Int(truncatingIfNeeded: user.hash) & (count - 1)
      while slots[place] != 0 { place = (place + 1) & (count - 1) }
      slots[place] = UInt32(index + 1)
    }
  }
}
