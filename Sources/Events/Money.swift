/// An exact amount with two decimals, what PostgreSQL's `numeric(12,2)` can hold.
///
/// Counted in hundredths, |hundredths| < 10^12. Never passes through binary floating point.
@usableFromInline
package struct Money: Hashable, BitwiseCopyable, Sendable {
  @usableFromInline package var hundredths: Int64

  @inlinable package init(hundredths: Int64) { self.hundredths = hundredths }

  /// Stands for an absent optional amount (SQL NULL).
  @inlinable package static var absent: Money { Money(hundredths: .min) }
  @inlinable package var isAbsent: Bool { hundredths == .min }
}
