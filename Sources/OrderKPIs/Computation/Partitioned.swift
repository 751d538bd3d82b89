/// How rows are spread over partitions, so that what belongs to one key meets in one of them.
struct Partitioning: Hashable, Sendable {
  let count: Int
  private let shift: UInt64

  /// - Parameter bits: 1 to 16.
  init(bits: Int) {
    precondition(1...16 ~= bits, "partitions of \(bits) bits")
    count = 1 << bits
    shift = UInt64(64 - bits)
  }

  @inline(__always)
  func partition(ofSpread spread: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: spread &>> shift) }
}

/// Rows of a chunk, ordered by partition and within one as they came.
///
/// ```
/// rows    | partition 0 | 1 | partition 2 | ...
/// starts  0             5   7             ...
/// ```
final class Partitioned<Row: BitwiseCopyable & Sendable>: Sendable {
  private let rows: Rows
  private let starts: [UInt32]

  /// Sorts rows, whose partitions are given one by one, in linear time; `places` is filled with where
  /// each row went.
  init(
    _ rows: [Row],
    by partitions: [UInt16],
    _ partitioning: Partitioning,
    places: inout [UInt32]
  ) {
    var next = [UInt32](repeating: 0, count: partitioning.count + 1)
    for partition in partitions { next[Int(partition) &+ 1] &+= 1 }
    for index in 1...partitioning.count { next[index] &+= next[index &- 1] }
    starts = next
    self.rows = Rows(count: rows.count)
    places.removeAll(keepingCapacity: true)
    places.reserveCapacity(rows.count)
    for (row, partition) in zip(rows, partitions) {
      let place = next[Int(partition)]
      next[Int(partition)] = place &+ 1
      self.rows.start[Int(place)] = row
      places.append(place)
    }
  }

  var count: Int { rows.count }

  /// The rows of a partition; `firstPlace` is where they begin among those of the chunk.
  @inline(__always)
  func partition(_ index: Int) -> (rows: UnsafeBufferPointer<Row>, firstPlace: Int) {
    let (start, end) = (Int(starts[index]), Int(starts[index + 1]))
    return (UnsafeBufferPointer(start: rows.start + start, count: end - start), start)
  }

  subscript(place: Int) -> Row { rows.start[place] }

  /// Memory for rows.
  ///
  /// Unchecked: written by the initializer of its owner, afterwards only read.
  private final class Rows: @unchecked Sendable {
    let start: UnsafeMutablePointer<Row>
    let count: Int

    init(count: Int) {
      start = .allocate(capacity: count)
      self.count = count
    }

    deinit { start.deallocate() }
  }
}
