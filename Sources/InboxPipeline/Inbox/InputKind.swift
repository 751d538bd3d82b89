/// Which table a file of the inbox holds, told by the beginning of its name.
package enum InputKind: String, CaseIterable, Codable, Sendable {
  case products
  case orders
  case orderItems = "order_items"

  /// Name endings of the files that the pipeline reads.
  package static let endings = [".csv", ".csv.gz", ".csv.zst"]

  /// Nil for a name that is none of `products*`, `orders*` and `order_items*`, or ends otherwise.
  package init?(fileName: String) {
    guard Self.endings.contains(where: { fileName.hasSuffix($0) }),
      let kind = Self.allCases.first(where: { fileName.hasPrefix($0.rawValue) })
    else { return nil }
    self = kind
  }
}
