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
///
/// Unchecked: the rows are written by the initializer, afterwards only read.
final class Partitioned<Row: BitwiseCopyable & Sendable>: @unchecked Sendable {
  private let rows: UnsafeMutablePointer<Row>
  /// Where the rows of each partition begin; one more than there are partitions.
  private let starts: UnsafeMutablePointer<UInt32>
  let count: Int

  /// Sorts `count` rows in linear time: asks for the partition of each, twice, then for the row
  /// itself, once, telling where it goes.
  @inline(__always)
  init(
    count: Int,
    _ partitioning: Partitioning,
    partition: (Int) -> UInt16,
    move: (_ number: Int, _ place: Int) -> Row
  ) {
    self.count = count
    rows = .allocate(capacity: count)
    starts = .allocate(capacity: partitioning.count + 1)
    starts.initialize(repeating: 0, count: partitioning.count + 1)
    for number in 0..<count { starts[Int(partition(number))] &+= 1 }
    // First the end of each partition, then, row by row from the last one on, its start.
    var end: UInt32 = 0
    for index in 0...partitioning.count {
      end &+= starts[index]
      starts[index] = end
    }
    var number = count
    while number > 0 {
      number &-= 1
      let index = Int(partition(number))
      starts[index] &-= 1
      let place = Int(starts[index])
      rows[place] = move(number, place)
    }
  }

  deinit {
    rows.deallocate()
    starts.deallocate()
  }

  /// The rows of a partition; `firstPlace` is where they begin among those of the chunk.
  @inline(__always)
  func partition(_ index: Int) -> (rows: UnsafeBufferPointer<Row>, firstPlace: Int) {
    let (start, end) = (Int(starts[index]), Int(starts[index &+ 1]))
    return (UnsafeBufferPointer(start: rows + start, count: end &- start), start)
  }

  subscript(place: Int) -> Row { rows[place] }
}
