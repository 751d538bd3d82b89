/// How many gaps of the log were skipped, and what they held.
package struct GapCount: Hashable, Sendable {
  package var gaps = 0
  /// At most; nil where not all gaps tell.
  package var records: Int?

  package init(gaps: Int = 0, records: Int? = nil) {
    self.gaps = gaps
    self.records = records
  }

  /// Columns of a query on `ecommerce.log_gaps`.
  static let selection = """
    count(*) AS gap_count,
    CASE WHEN count(records) = count(*) THEN sum(records) END AS gap_records
    """

  /// For people; nil when there are none.
  package var text: String? {
    guard gaps > 0 else { return nil }
    let lost = records.map { "at most \($0) records" } ?? "records, how many is not known"
    return "\(gaps) \(gaps == 1 ? "gap" : "gaps") of the log skipped, \(lost), see log_gaps"
  }
}
