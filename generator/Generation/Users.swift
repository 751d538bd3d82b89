import Connect

/// The users of one seed: how their ids are written, who is active, which partition is whose.
struct Users {
  let count: Int
  /// Users who click; the others behind them only ever check out (orphans).
  let clickingCount: Int
  private let idDigits: Int
  private let partitions: [UInt16]
  /// Zipf-Mandelbrot over the clicking users: of 20,000 the busiest makes 0.3 % of the clicks.
  private let activity: AliasTable

  /// Draws who is active; with orphans, one user in a hundred, at least one, is kept from clicking.
  init(count: Int, hasOrphans: Bool, partitionCount: Int, seed: UInt64) {
    var random = RandomNumbers(seed: seed, stream: .users)
    self.count = count
    clickingCount = count - (hasOrphans ? max(1, count / 100) : 0)
    let digits = Self.idDigits(count: count)
    idDigits = digits
    activity = AliasTable(zipf: clickingCount, exponent: 1, shift: 50, random: &random)
    var partitions: [UInt16] = []
    partitions.reserveCapacity(count)
    withUnsafeTemporaryAllocation(byteCount: Self.longestID, alignment: 8) { key in
      guard let base = key.baseAddress else { return }
      for user in 0..<count {
        var line = LineCursor(next: base)
        Self.appendID(UInt32(user), digits: digits, to: &line)
        let text = UnsafeRawBufferPointer(start: base, count: line.next - base)
        partitions.append(UInt16(Murmur2.partition(of: text, among: partitionCount)))
      }
    }
    self.partitions = partitions
  }

  @inline(__always)
  func partition(of user: UInt32) -> Int { Int(partitions[Int(user)]) }

  @inline(__always)
  func drawActive(_ random: inout RandomNumbers) -> UInt32 {
    UInt32(truncatingIfNeeded: activity.draw(&random))
  }

  /// One of the clicking users, all alike.
  @inline(__always)
  func drawAny(_ random: inout RandomNumbers) -> UInt32 {
    UInt32(truncatingIfNeeded: random.below(clickingCount))
  }

  /// One of those who never click.
  func drawOrphan(_ random: inout RandomNumbers) -> UInt32 {
    UInt32(truncatingIfNeeded: clickingCount + random.below(count - clickingCount))
  }

  /// Writes an id such as `user_0000123`.
  @inline(__always)
  func appendID(_ user: UInt32, to line: inout LineCursor) {
    Self.appendID(user, digits: idDigits, to: &line)
  }

  /// Bytes of an id at most: `user_` and ten digits are enough for every index.
  static let longestID = 16

  /// Enough for the greatest index, at least 7.
  static func idDigits(count: Int) -> Int { max(7, String(count - 1).utf8.count) }

  @inline(__always)
  private static func appendID(_ user: UInt32, digits: Int, to line: inout LineCursor) {
    line.append("user_")
    line.appendDecimal(UInt64(user), digits: digits)
  }
}
