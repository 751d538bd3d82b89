import Dataflow

/// What the figures need of an order.
struct OrderEntry: BitwiseCopyable, Sendable {
  var id: RowKey
  /// From the start of its part, in bytes.
  var offset: UInt32
  /// `.none` without a user.
  var user: RowKey
  private var dayAndReturn: Int32

  init(id: RowKey, offset: UInt32, user: RowKey, createdAt: EventTime, isReturned: Bool) {
    self.id = id
    self.offset = offset
    self.user = user
    dayAndReturn = createdAt.day << 1 | (isReturned ? 1 : 0)
  }

  /// Days since 1970-01-01, UTC.
  var day: Int32 { dayAndReturn >> 1 }
  var isReturned: Bool { dayAndReturn & 1 != 0 }
}

extension EventTime {
  /// Days since 1970-01-01, UTC; the tumbling window of a day that the time is in.
  @inline(__always)
  var day: Int32 {
    let (day, rest) = microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
    return Int32(truncatingIfNeeded: rest < 0 ? day - 1 : day)
  }
}

/// The clean orders of one part of a file.
struct OrderPart: Sendable {
  let place: InputPlace
  let orders: Partitioned<OrderEntry>
}

/// Collects the clean orders of one part after another.
struct OrderCollector {
  private struct Collected: BitwiseCopyable {
    var entry: OrderEntry
    var partition: UInt16
  }

  private let keys: KeyMaker
  private let partitioning: Partitioning
  private var collected: [Collected] = []

  init(_ keys: KeyMaker, _ partitioning: Partitioning) {
    self.keys = keys
    self.partitioning = partitioning
  }

  mutating func append(_ batch: CleanBatch<OrderRow>, of place: InputPlace) {
    for (row, offset) in zip(batch.rows, batch.offsets) {
      let id = keys.key(row.id)
      let entry = OrderEntry(
        id: id,
        offset: UInt32(truncatingIfNeeded: offset - place.offset),
        user: row.userID.isEmpty ? .none : keys.key(row.userID),
        createdAt: row.createdAt,
        isReturned: row.isReturned
      )
      let partition = partitioning.partition(ofSpread: keys.spread(id))
      collected.append(Collected(entry: entry, partition: partition))
    }
  }

  /// The part that begins at `place`; starts over.
  mutating func finish(_ place: InputPlace) -> OrderPart {
    defer { collected.removeAll(keepingCapacity: true) }
    return collected.withUnsafeBufferPointer { collected in
      let orders = Partitioned(count: collected.count, partitioning) {
        collected[$0].partition
      } move: { number, _ in
        collected[number].entry
      }
      return OrderPart(place: place, orders: orders)
    }
  }
}
