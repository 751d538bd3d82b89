/// Sorts keys by their upper half: insertion sort for few, radix sort for many.
///
/// Times within a bucket are spread about evenly, so that one pass by as many leading bits as there
/// are keys leaves nearly nothing to do. Where they are not, bytes decide one after another.
struct SortScratch: ~Copyable {
  private var buffer: UnsafeMutablePointer<UInt64>
  private var capacity = 256
  private let places: UnsafeMutablePointer<Int32>

  private static let mostDigitBits = 12
  /// So many keys with the same leading bits are left to insertion.
  private static let mostInPlace: Int32 = 16

  init() {
    buffer = .allocate(capacity: capacity)
    places = .allocate(capacity: 1 << SortScratch.mostDigitBits)
  }

  deinit {
    buffer.deallocate()
    places.deallocate()
  }

  var allocatedBytes: Int { capacity * 8 + 4 << SortScratch.mostDigitBits }

  mutating func sort(_ keys: UnsafeMutableBufferPointer<UInt64>) {
    guard let first = keys.baseAddress else { return }
    if keys.count < 32 { return SortScratch.insertionSort(first, keys.count) }
    reserve(keys.count)
    var all: UInt64 = 0
    for index in 0..<keys.count { all |= first[index] ^ first[0] }
    let end = UInt64(64 &- all.leadingZeroBitCount)
    guard end > 32 else { return }
    let digitBits = min(
      UInt64(Int.bitWidth &- keys.count.leadingZeroBitCount),
      UInt64(SortScratch.mostDigitBits),
      end &- 32
    )
    if distribute(first, to: buffer, keys.count, shift: end &- digitBits, bits: digitBits) {
      first.update(from: buffer, count: keys.count)
      SortScratch.insertionSort(first, keys.count)
    } else {
      sortByBytes(keys, end)
    }
  }

  private static func insertionSort(_ keys: UnsafeMutablePointer<UInt64>, _ count: Int) {
    var index = 1
    while index < count {
      let key = keys[index]
      var place = index
      while place > 0 && keys[place &- 1] > key {
        keys[place] = keys[place &- 1]
        place &-= 1
      }
      keys[place] = key
      index &+= 1
    }
  }

  /// Copies the keys in the order of one digit, those with the same one in the order they had.
  ///
  /// False, and nothing copied, when too many have the same.
  private func distribute(
    _ source: UnsafeMutablePointer<UInt64>,
    to target: UnsafeMutablePointer<UInt64>,
    _ count: Int,
    shift: UInt64,
    bits: UInt64,
    most: Int32 = SortScratch.mostInPlace
  ) -> Bool {
    let mask = UInt64(1) &<< bits &- 1
    places.initialize(repeating: 0, count: 1 &<< Int(bits))
    for index in 0..<count { places[Int(source[index] &>> shift & mask)] &+= 1 }
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
      let key = source[index]
      let digit = Int(key &>> shift & mask)
      target[Int(places[digit])] = key
      places[digit] &+= 1
    }
    return true
  }

  /// Least significant byte first.
  private func sortByBytes(_ keys: UnsafeMutableBufferPointer<UInt64>, _ end: UInt64) {
    guard let first = keys.baseAddress else { return }
    var source = first
    var target = buffer
    for shift in stride(from: UInt64(32), to: end, by: 8) {
      _ = distribute(source, to: target, keys.count, shift: shift, bits: 8, most: .max)
      swap(&source, &target)
    }
    if source != first { first.update(from: source, count: keys.count) }
  }

  private mutating func reserve(_ count: Int) {
    guard capacity < count else { return }
    buffer.deallocate()
    capacity = count &+ count / 4
    buffer = .allocate(capacity: capacity)
  }
}
