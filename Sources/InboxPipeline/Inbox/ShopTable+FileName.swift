package import OrderKPIs

extension ShopTable {
  /// Name endings of the files that the pipeline reads.
  package static let fileEndings = [".csv", ".csv.gz", ".csv.zst"]

  /// The table that a file of the inbox holds, told by the beginning of its name.
  ///
  /// Nil for a name that is none of `products*`, `orders*` and `order_items*`, or ends otherwise.
  package init?(fileName: String) {
    guard Self.fileEndings.contains(where: { fileName.hasSuffix($0) }),
      let table = Self.allCases.first(where: { fileName.hasPrefix($0.rawValue) })
    else { return nil }
    self = table
  }
}
