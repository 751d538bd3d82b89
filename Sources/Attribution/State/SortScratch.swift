/// Sorts records of a bucket by their offset: insertion sort for few, radix sort for many.
///
/// Times within a bucket are spread about evenly, so that one pass by as many leading bits as there
/// are records leaves nearly nothing to do. Where they are not, bytes decide one after another.
/// Records with the same offset stay in the order they had.
struct SortScratch: ~Copyable {
  private var buffer: UnsafeMutablePointer<Waiting>
  private var capacity = 256
  private let places: UnsafeMutablePointer<Int32>

  private static let mostDigitBits: UInt32 = 12
  /// So many records with the same leading bits are left to insertion.
  private static let mostInPlace: Int32 = 16

  init() {
    buffer = .allocate(capacity: capacity)
    places = .allocate(capacity: 1 << SortScratch.mostDigitBits)
  }

  deinit {
    buffer.deallocate()
    places.deallocate()
  }

  var allocatedBytes: Int {
    capacity * MemoryLayout<Waiting>.stride + 4 << SortScratch.mostDigitBits
  }

  mutating func sort(_ records: UnsafeMutableBufferPointer<Waiting>) {
    guard let first = records.baseAddress else { return }
    if records.count < 32 { return SortScratch.insertionSort(first, records.count) }
    reserve(records.count)
    var differences: UInt32 = 0
    for index in 0..<records.count { differences |= first[index].offset ^ first[0].offset }
    let end = UInt32(32 &- differences.leadingZeroBitCount)
    guard end > 0 else { return }
    let digitBits = min(
      UInt32(Int.bitWidth &- records.count.leadingZeroBitCount),
      SortScratch.mostDigitBits,
      end
    )
    if distribute(first, to: buffer, records.count, shift: end &- digitBits, bits: digitBits) {
      first.update(from: buffer, count: records.count)
      SortScratch.insertionSort(first, records.count)
    } else {
      sortByBytes(records, end)
    }
  }

  private static func insertionSort(_ records: UnsafeMutablePointer<Waiting>, _ count: Int) {
    var index = 1
    while index < count {
      if records[index &- 1].offset > records[index].offset {
        let record = records[index]
        var place = index
        repeat {
          records[place] = records[place &- 1]
          place &-= 1
        } while place > 0 && records[place &- 1].offset > record.offset
        records[place] = record
      }
      index &+= 1
    }
  }

  /// Copies the records in the order of one digit, those with the same one in the order they had.
  ///
  /// False, and nothing copied, when too many have the same.
  private func distribute(
    _ source: UnsafeMutablePointer<Waiting>,
    to target: UnsafeMutablePointer<Waiting>,
    _ count: Int,
    shift: UInt32,
    bits: UInt32,
    most: Int32 = SortScratch.mostInPlace
  ) -> Bool {
    let mask = UInt32(1) &<< bits &- 1
    places.initialize(repeating: 0, count: 1 &<< Int(bits))
    for index in 0..<count { places[Int(source[index].offset &>> shift & mask)] &+= 1 }
    var sum: Int32 = 0
    var greatest: Int32 = 0
    for digit in 0..<(1 &<< Int(bits)) {
      let size = places[digit]
      greatest = max(greatest, size)
      places[digit] = sum
      sum &+= size
    }
    if greatest > most { return false }
    for index in 0..<count {
      let record = source[index]
      let digit = Int(record.offset &>> shift & mask)
      target[Int(places[digit])] = record
      places[digit] &+= 1
    }
    return true
  }

  /// Least significant byte first.
  private func sortByBytes(_ records: UnsafeMutableBufferPointer<Waiting>, _ end: UInt32) {
    guard let first = records.baseAddress else { return }
    var source = first
    var target = buffer
    for shift in stride(from: 0, to: end, by: 8) {
      _ = distribute(source, to: target, records.count, shift: shift, bits: 8, most: .max)
      swap(&source, &target)
    }
    if source != first { first.update(from: source, count: records.count) }
  }

  private mutating func reserve(_ count: Int) {
    guard capacity < count else { return }
    buffer.deallocate()
    capacity = count &+ count / 4
    buffer = .allocate(capacity: capacity)
  }
}
