/// The hash-key space in equal slices, one a task: both streams are sharded as they like, and a user
/// is in the same slice of both.
///
///     slices      |    0    |    1    |    2    |    3    |
///     clicks      |  shard 0     |  shard 1               |
///     checkouts   |              shard 0                  |
///
/// Slice i of n has the keys k with floor(k * n / 2^128) = i.
struct HashKeySlices: Hashable, Sendable {
  static let allowedCounts = 1...1024

  let count: Int

  init(count: Int) {
    precondition(Self.allowedCounts.contains(count), "\(count) slices")
    self.count = count
  }

  /// The slice of a key.
  func index(of key: HashKey) -> Int {
    Int(key.value.multipliedFullWidth(by: UInt128(count)).high)
  }

  /// The keys of a slice.
  func keys(of index: Int) -> ClosedRange<HashKey> {
    let end = index + 1 == count ? UInt128.max : first(of: index + 1) - 1
    return HashKey(first(of: index))...HashKey(end)
  }

  /// ceil(index * 2^128 / count).
  private func first(of index: Int) -> UInt128 {
    guard index > 0 else { return 0 }
    let (quotient, remainder) = UInt128(count).dividingFullWidth((UInt128(index), 0))
    return remainder == 0 ? quotient : quotient + 1
  }
}
