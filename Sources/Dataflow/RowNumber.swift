/// The first rows of each partition by an order, once the partition is final.
///
///     ROW_NUMBER() OVER (PARTITION BY key, time ORDER BY order) <= limit,  COUNT(*) OVER (same)
///
/// A partition is the rows with one key and one time, such as a join's rows for one right record; it
/// is final once `time < watermark`. Equal rows in the order are numbered as they came. With limit
/// 1, ordered by the number:
///
///     x 7 @10 | y 3 @11 | x 4 @10 | x 9 @10
///     wm=10     nothing: 10 < 10 is false
///     wm=11     x 4, number 1 of 3
///     x 1 @10   late: 10 < 11; not numbered
///     wm=12     y 3, number 1 of 1
///
/// KeepFirst is the limit 1. State: at most `limit` rows of each partition with `time >= watermark`.
@usableFromInline
package struct RowNumber<Row: Timestamped, Key: Hashable>: Operator, ~Copyable {
  @usableFromInline
  package struct Output {
    @usableFromInline package var row: Row
    /// Counts from 1 within the partition.
    @usableFromInline package var number: Int
    /// All rows of the partition, those beyond the limit too.
    @usableFromInline package var partitionCount: Int

    @inlinable
    package init(row: Row, number: Int, partitionCount: Int) {
      self.row = row
      self.number = number
      self.partitionCount = partitionCount
    }
  }

  /// The first rows of a partition in order, and how many rows it has.
  @usableFromInline
  package struct Partition {
    @usableFromInline package var first: [Row] = []
    @usableFromInline package var count = 0

    @inlinable package init() {}

    @inlinable
    mutating func add(_ row: Row, precedes: (Row, Row) -> Bool, limit: Int) {
      count += 1
      let place = first.lastIndex { !precedes(row, $0) }.map { $0 + 1 } ?? 0
      guard place < limit else { return }
      if first.count == limit { first.removeLast() }
      first.insert(row, at: place)
    }
  }

  @usableFromInline
  package struct Snapshot {
    @usableFromInline package var watermark: Watermark
    @usableFromInline package var partitions: [Partition]
  }

  @usableFromInline let limit: Int
  @usableFromInline let key: @Sendable (Row) -> Key
  @usableFromInline let precedes: @Sendable (Row, Row) -> Bool

  @usableFromInline var watermark: Watermark = .beginning
  @usableFromInline var partitions = KeyedState<Key, Partition>()

  /// Makes an operator with an empty state.
  ///
  /// - Parameters:
  ///   - key: which partition of its time a row belongs to.
  ///   - precedes: a strict weak order of a partition's rows.
  ///   - limit: how many rows of each partition to keep; at least 1.
  @inlinable
  package init(
    partitionBy key: @escaping @Sendable (Row) -> Key,
    orderBy precedes: @escaping @Sendable (Row, Row) -> Bool,
    limit: Int = 1
  ) {
    precondition(limit >= 1, "row number limit is \(limit)")
    self.key = key
    self.precedes = precedes
    self.limit = limit
  }

  @inlinable
  package mutating func process(_ batch: [Row], into output: inout [Output], late: inout [Row]) {
    for row in batch {
      guard row.time >= watermark else {
        late.append(row)
        continue
      }
      partitions.update(key(row), closingAt: row.time, initial: Partition()) { [precedes, limit] in
        $0.add(row, precedes: precedes, limit: limit)
      }
    }
  }

  @inlinable
  package mutating func advance(to watermark: Watermark, into output: inout [Output]) {
    guard watermark > self.watermark else { return }
    self.watermark = watermark
    while let (_, _, partition) = partitions.popFirst(before: watermark) {
      for (index, row) in partition.first.enumerated() {
        output.append(Output(row: row, number: index + 1, partitionCount: partition.count))
      }
    }
  }

  @usableFromInline
  package func snapshot() -> Snapshot {
    var rest = partitions
    var snapshot = Snapshot(watermark: watermark, partitions: [])
    while let (_, _, partition) = rest.popFirst() { snapshot.partitions.append(partition) }
    return snapshot
  }

  @usableFromInline
  package mutating func restore(_ snapshot: Snapshot) {
    watermark = snapshot.watermark
    partitions = KeyedState()
    for partition in snapshot.partitions {
      guard let row = partition.first.first else { continue }
      partitions.update(key(row), closingAt: row.time, initial: partition) { _ in }
    }
  }
}
