/// Where records of a file ended although their lines went on later, as a `FilePosition` names them.
///
/// A bounded run adds one at most whenever it has waited for a writer, and the next run drops those
/// that no reading meets again: mostly there is none, at worst one for every run within the time that
/// a state reaches back. Their text is kept, for the position is asked for with every run of records.
struct LineCuts {
  /// Ascending.
  var offsets: [Int64] {
    didSet { text = Self.text(of: offsets) }
  }
  /// The offsets, each behind a plus sign.
  private(set) var text: String

  init(_ offsets: [Int64] = []) {
    self.offsets = offsets
    text = Self.text(of: offsets)
  }

  func first(after offset: Int64) -> Int64? { offsets.first { $0 > offset } }

  private static func text(of offsets: [Int64]) -> String { offsets.map { "+\($0)" }.joined() }
}
