/// Records of one shard on their way to it: what is sent next, and what has to wait.
///
///     waiting   a1 b1 a2 c1 a3 d1 ...     letters are users (partition keys)
///     call 1    a1 b1    c1    d1         each user's oldest only; b1 fails, the others are stored
///     waiting   b1 a2 a3 ...
///     call 2    b1 a2 ...
///
/// A call's records succeed and fail one by one, so two of a user in a call, or in two calls at once,
/// could change places. One call at a time, and one record of a user in it: whatever fails, all later
/// records of its user are still behind it. Other users are not held up.
///
/// No I/O and no clock. Bounded by its caller.
struct PutLane {
  /// How far beyond the records of a call other users are looked for: so far may records of a shard
  /// change places that are not of the same user.
  static let lookAhead = 4 * PutRecordsBody.mostRecords

  /// Memory that an empty lane keeps.
  private static let keptCapacity = 1 << 20

  /// Data and partition key, one record behind the other.
  private var bytes: [UInt8] = []
  private var waiting: [Record] = []
  /// Places in `waiting`, ascending, of what the call under way has.
  private var underWay: [Int] = []
  /// Users of the next call; kept for its memory.
  private var users: Set<HashKey> = []

  private struct Record {
    var start: Int
    var dataCount: Int
    var keyCount: Int
    /// What its partition key is known by.
    var user: HashKey
    /// Among all records of the stream, in the order in which they were appended.
    var place: Int

    var byteCount: Int { dataCount + keyCount }
  }

  var recordCount: Int { waiting.count }
  var isEmpty: Bool { waiting.isEmpty }
  var isUnderWay: Bool { !underWay.isEmpty }
  /// Of the oldest record that is not stored; nil without one.
  var firstPlace: Int? { waiting.first?.place }

  /// - Parameters:
  ///   - data: of the record.
  ///   - partitionKey: of the record.
  ///   - user: what the partition key is known by.
  ///   - place: among the records of all lanes of the stream; greater than those before.
  mutating func append(
    data: UnsafeRawBufferPointer,
    partitionKey: UnsafeRawBufferPointer,
    user: HashKey,
    place: Int
  ) {
    waiting.append(
      Record(
        start: bytes.count,
        dataCount: data.count,
        keyCount: partitionKey.count,
        user: user,
        place: place
      )
    )
    bytes.append(contentsOf: data)
    bytes.append(contentsOf: partitionKey)
  }

  /// Chooses the records of the next call.
  ///
  /// - Parameters:
  ///   - count: at most so many.
  ///   - bound: only records with places below.
  /// - Returns: the call, empty if there are none.
  /// - Precondition: no call is under way.
  mutating func take(
    atMost count: Int = PutRecordsBody.mostRecords,
    before bound: Int = .max
  ) -> PutBatch {
    precondition(underWay.isEmpty, "a second call of a lane")
    var batch = PutBatch()
    users.removeAll(keepingCapacity: true)
    bytes.withUnsafeBytes { bytes in
      for (index, record) in waiting.prefix(Self.lookAhead).enumerated() {
        guard record.place < bound else { break }
        guard users.insert(record.user).inserted else { continue }
        // What does not fit any more ends the call, so that nothing of its user passes it.
        guard batch.recordCount < count, batch.hasRoom(for: record.byteCount) else { break }
        batch.append(
          UnsafeRawBufferPointer(rebasing: bytes[record.start..<record.start + record.byteCount]),
          dataCount: record.dataCount
        )
        underWay.append(index)
      }
    }
    return batch
  }

  /// Lets go of the call's records that were stored.
  ///
  /// - Parameter failures: places in the call of those that were not, ascending.
  /// - Returns: how many records and bytes of data and keys were stored.
  mutating func settle(failures: [Int]) -> (recordCount: Int, byteCount: Int) {
    var stored = (recordCount: 0, byteCount: 0)
    var failed = failures[...]
    var call = underWay[...]
    var kept: [Record] = []
    kept.reserveCapacity(waiting.count)
    for (place, record) in waiting.enumerated() {
      guard call.first == place else {
        kept.append(record)
        continue
      }
      let placeInCall = call.startIndex
      call = call.dropFirst()
      if failed.first == placeInCall {
        failed = failed.dropFirst()
        kept.append(record)
      } else {
        stored.recordCount += 1
        stored.byteCount += record.byteCount
      }
    }
    underWay.removeAll(keepingCapacity: true)
    waiting = kept
    compact()
    return stored
  }

  /// Moves what waits to the front, once half of the bytes are of records that are gone.
  private mutating func compact() {
    let live = waiting.reduce(0) { $0 + $1.byteCount }
    if live == 0, bytes.capacity <= Self.keptCapacity {
      return bytes.removeAll(keepingCapacity: true)
    }
    guard live <= bytes.count / 2 else { return }
    var moved: [UInt8] = []
    moved.reserveCapacity(live)
    for place in waiting.indices {
      let record = waiting[place]
      waiting[place].start = moved.count
      moved.append(contentsOf: bytes[record.start..<record.start + record.byteCount])
    }
    bytes = moved
  }
}
