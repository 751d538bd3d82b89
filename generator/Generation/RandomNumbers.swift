/// Seeded pseudo-random numbers, the same on every machine.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
struct RandomNumbers {
  private var state: UInt64

  /// The numbers of a seed for one purpose, which do not depend on those drawn for another.
  init(seed: UInt64, stream: Stream) {
    state = Self.mix(seed ^ Self.mix(stream.rawValue))
  }

  /// What a sequence of numbers is drawn for.
  enum Stream: UInt64 {
    case catalog = 1, people, journeys, shares, delays, identifiers, defects, users
  }

  @inline(__always)
  mutating func next() -> UInt64 {
    // Wraps by definition: a counter modulo 2^64.
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  /// A number in 0..<bound, for a bound in 1...2^32; its bias is at most bound / 2^64.
  @inline(__always)
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number in [0, 1).
  @inline(__always)
  mutating func unit() -> Double { Double(next() &>> 11) * 0x1p-53 }

  mutating func element<Element>(of elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// A bijection of 64-bit numbers that looks random: counters become identifiers that are unique.
  @inline(__always)
  static func mix(_ number: UInt64) -> UInt64 {
    var mixed = number
    mixed = (mixed ^ (mixed &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed &>> 31)
  }
}
