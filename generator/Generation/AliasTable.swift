import Glibc

/// Draws indices with given weights in constant time: one random number, one table entry.
///
/// Vose's alias method (A Linear Algorithm for Generating Random Numbers with a Given
/// Distribution, 1991). 8 bytes an index.
struct AliasTable {
  private struct Column {
    /// Of 2^32: how often the column's own index is drawn; otherwise the alias.
    var threshold: UInt32
    var alias: UInt32
  }

  private let columns: [Column]

  /// - Parameter weights: 1 to 2^32 - 1 positive numbers, of any sum.
  init(weights: [Double]) {
    let scale = Double(weights.count) / weights.reduce(0, +)
    var rest = weights.map { $0 * scale }
    var columns = weights.indices.map { Column(threshold: .max, alias: UInt32($0)) }
    var small = rest.indices.filter { rest[$0] < 1 }
    var large = rest.indices.filter { rest[$0] >= 1 }
    while let poor = small.popLast(), let rich = large.last {
      columns[poor] = Column(
        threshold: UInt32(min(rest[poor] * 0x1p32, 0xffff_ffff)),
        alias: UInt32(rich)
      )
      rest[rich] -= 1 - rest[poor]
      if rest[rich] < 1 {
        large.removeLast()
        small.append(rich)
      }
    }
    self.columns = columns
  }

  /// The Zipf-Mandelbrot law: the index at rank r is drawn in proportion to 1 / (r +
  /// shift)^exponent; ranks are shuffled, so that an index does not tell its rank.
  ///
  /// A shift of 0 is Zipf's law; a greater one flattens its head and keeps its tail.
  init(zipf count: Int, exponent: Double, shift: Double = 0, random: inout RandomNumbers) {
    var weights = (1...count).map { pow(Double($0) + shift, -exponent) }
    for last in stride(from: count - 1, to: 0, by: -1) {
      weights.swapAt(last, random.below(last + 1))
    }
    self.init(weights: weights)
  }

  @inline(__always)
  func draw(_ random: inout RandomNumbers) -> Int {
    let number = random.next()
    // Both factors are below 2^32.
    let product = (number &>> 32) &* UInt64(truncatingIfNeeded: columns.count)
    let column = Int(truncatingIfNeeded: product &>> 32)
    let entry = columns[column]
    return UInt32(truncatingIfNeeded: number) < entry.threshold ? column : Int(entry.alias)
  }
}
