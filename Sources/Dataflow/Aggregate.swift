/// A figure over many records that does not depend on their order: a count, a sum, a set.
///
/// For all a and b: adding a then b gives the same as b then a, and merging two aggregates the same
/// as one that was given the records of both.
@usableFromInline
package protocol Aggregate {
  associatedtype Record

  /// The aggregate of no records.
  init()
  mutating func add(_ record: Record)
  mutating func merge(_ other: Self)
}
