/// A sum of exact amounts, which no number of them overflows.
struct ExactSum: Hashable {
  /// Units of 10^-2.
  var hundredths: Int128 = 0
  /// Units of 10^-20, any number of them.
  var rest: Int128 = 0

  static func += (sum: inout ExactSum, other: ExactSum) {
    sum.hundredths += other.hundredths
    sum.rest += other.rest
  }

  /// The sum divided by a count, rounded half away from zero at the very end.
  func divided(by count: Int) -> RoundedFigure {
    precondition(count > 0, "an average over \(count)")
    let unit = Int128(ExactAmount.restUnit)
    let count = Int128(count)
    let carried = (hundredths: hundredths + rest / unit, rest: rest % unit)
    let (quotient, remainder) = carried.hundredths.quotientAndRemainder(dividingBy: count)
    // remainder < count < 2^63, so nothing overflows; amounts are never negative.
    let isHalfOrMore = 2 * (remainder * unit + carried.rest) >= count * unit
    return RoundedFigure(hundredths: quotient + (isHalfOrMore ? 1 : 0))
  }

  var rounded: RoundedFigure { divided(by: 1) }
}
