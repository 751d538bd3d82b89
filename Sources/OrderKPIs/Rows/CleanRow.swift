package import Dataflow
package import Events

/// A row of a table that passed every rule that a row can be judged by alone.
///
/// What takes more than the row (that its id is new, that its order is known) is decided where the
/// rows come together.
package protocol CleanRow {
  static var table: ShopTable { get }

  /// Cleans one row; texts are trimmed, and point into it.
  init(
    _ row: CSVRow,
    of shape: TableShape.Name,
    times: inout TimeReader
  ) throws(Rejection)
}

/// A product whose prices are above 0.
package struct ProductRow: CleanRow {
  package static let table = ShopTable.products
  package let id: CellText
  /// Empty for `Unknown`.
  package let category: CellText
  /// Empty for `Unknown`.
  package let department: CellText

  @inline(__always)
  package init(
    _ row: CSVRow,
    of shape: TableShape.Name,
    times: inout TimeReader
  ) throws(Rejection) {
    id = try row.key(ProductField.id)
    guard !id.isEmpty else { throw .missingID }
    // Shape B has only one price, the one to pay.
    if shape == .a { _ = try row.text(ProductField.cost).amount(else: .cost) }
    _ = try row.text(ProductField.retailPrice).amount(else: .retailPrice)
    category = try row.key(ProductField.category)
    department = row.text(ProductField.department)
  }
}

/// An order of at least one item, as far as it says how many.
package struct OrderRow: CleanRow {
  package static let table = ShopTable.orders
  package let id: CellText
  /// Empty if the order has no user: it counts, for no customer.
  package let userID: CellText
  /// In lower case.
  package let status: CellText
  /// In the years 1 to 9999, UTC.
  package let createdAt: EventTime
  package var isReturned: Bool { status.isReturned }

  @inline(__always)
  package init(
    _ row: CSVRow,
    of shape: TableShape.Name,
    times: inout TimeReader
  ) throws(Rejection) {
    id = try row.key(OrderField.id)
    guard !id.isEmpty else { throw .missingID }
    guard let time = times.writableTime(row.text(OrderField.createdAt)) else { throw .createdAt }
    if shape == .a, row.text(OrderField.itemCount).isZero { throw .itemCount }
    createdAt = time
    userID = row.text(OrderField.userID)
    status = row.text(OrderField.status)
    status.makeLowercase()
  }
}

/// An item with a product and a price above 0.
package struct OrderItemRow: CleanRow {
  package static let table = ShopTable.orderItems
  /// Empty in shape B, where an item is known by its order and product.
  package let id: CellText
  /// Empty if the item has no order: then nobody knows that order.
  package let orderID: CellText
  package let productID: CellText
  /// In lower case; empty in shape B, where an item is returned when its order is.
  package let status: CellText
  /// 1 in shape A.
  package let quantity: Int32
  /// What all of the quantity brought in.
  package let revenue: ExactAmount
  package var isReturned: Bool { status.isReturned }

  @inline(__always)
  package init(
    _ row: CSVRow,
    of shape: TableShape.Name,
    times: inout TimeReader
  ) throws(Rejection) {
    id = try row.key(OrderItemField.id)
    if shape == .a, id.isEmpty { throw .missingID }
    orderID = try row.key(OrderItemField.orderID)
    productID = try row.key(OrderItemField.productID)
    guard !productID.isEmpty else { throw .missingProductID }
    let price = try row.text(OrderItemField.price).amount(else: .salePrice)
    status = row.text(OrderItemField.status)
    status.makeLowercase()
    guard shape == .b else {
      (quantity, revenue) = (1, price)
      return
    }
    let count = try row.text(OrderItemField.quantity).count(else: .quantity)
    guard let total = price.times(count) else { throw .numberOutOfRange }
    (quantity, revenue) = (count, total)
  }
}

extension CellText {
  /// The amount above 0 that the cell says; throws `reason` if it says none.
  @inline(__always)
  fileprivate func amount(else reason: Rejection) throws(Rejection) -> ExactAmount {
    let text = UnsafeRawBufferPointer(self)
    if let amount = ExactAmount(text) { return amount }
    throw DecimalText(text)?.isPositive == true ? .numberOutOfRange : reason
  }

  /// The whole number above 0 that the cell says; throws `reason` if it says none.
  fileprivate func count(else reason: Rejection) throws(Rejection) -> Int32 {
    guard let decimal = DecimalText(UnsafeRawBufferPointer(self)), decimal.isInteger,
      decimal.isPositive
    else { throw reason }
    guard let magnitude = decimal.magnitude(decimals: 0, digits: 9) else {
      throw .numberOutOfRange
    }
    return Int32(magnitude)
  }
}
