/// One of the two forms that a table's files have, told apart by their headers.
///
/// What the shape's columns mean is said by fields, which both shapes share: `created_at` of the one
/// and `order_date` of the other fill the same field.
package struct TableShape: Sendable {
  package enum Name: String, CaseIterable, Sendable {
    case a = "A"
    case b = "B"
  }

  package struct Column: Sendable {
    package let name: String
    /// The place of what it holds in the rows of the table.
    package let field: Int
    /// A file without it is refused: a rule reads it.
    package let isRequired: Bool

    static func required(_ name: String, _ field: some RowField) -> Column {
      Column(name: name, field: field.rawValue, isRequired: true)
    }

    static func optional(_ name: String, _ field: some RowField) -> Column {
      Column(name: name, field: field.rawValue, isRequired: false)
    }
  }

  package let name: Name
  package let columns: [Column]

  /// The required columns that the header lacks.
  func lacking(in header: [String]) -> [String] {
    columns.filter { $0.isRequired && !header.contains($0.name) }.map(\.name)
  }
}

/// The fields of a table's rows.
package protocol RowField: RawRepresentable<Int>, CaseIterable, Sendable {}

package enum ProductField: Int, RowField {
  case id, category, retailPrice, cost, department, name, sku, brand
}

package enum OrderField: Int, RowField {
  case id, userID, status, createdAt, itemCount, returnedAt, shippedAt, deliveredAt, totalAmount
}

package enum OrderItemField: Int, RowField {
  /// In shape B nothing fills the id: an item is known by its order and product.
  case id, orderID, productID, status, price, quantity
  case userID, createdAt, shippedAt, deliveredAt, returnedAt
}

extension ShopTable {
  /// The two shapes of the table's files.
  package var shapes: [TableShape] {
    switch self {
    case .products: [Self.productsA, Self.productsB]
    case .orders: [Self.ordersA, Self.ordersB]
    case .orderItems: [Self.orderItemsA, Self.orderItemsB]
    }
  }

  package var fieldCount: Int {
    switch self {
    case .products: ProductField.allCases.count
    case .orders: OrderField.allCases.count
    case .orderItems: OrderItemField.allCases.count
    }
  }

  private static let productsA = TableShape(
    name: .a,
    columns: [
      .required("id", ProductField.id),
      .optional("sku", ProductField.sku),
      .required("cost", ProductField.cost),
      .required("category", ProductField.category),
      .optional("name", ProductField.name),
      .optional("brand", ProductField.brand),
      .required("retail_price", ProductField.retailPrice),
      .required("department", ProductField.department),
    ]
  )

  private static let productsB = TableShape(
    name: .b,
    columns: [
      .required("product_id", ProductField.id),
      .required("category", ProductField.category),
      .optional("name", ProductField.name),
      .required("price", ProductField.retailPrice),
    ]
  )

  private static let ordersA = TableShape(
    name: .a,
    columns: [
      .required("order_id", OrderField.id),
      .required("user_id", OrderField.userID),
      .required("status", OrderField.status),
      .required("created_at", OrderField.createdAt),
      .optional("returned_at", OrderField.returnedAt),
      .optional("shipped_at", OrderField.shippedAt),
      .optional("delivered_at", OrderField.deliveredAt),
      .required("num_of_item", OrderField.itemCount),
    ]
  )

  private static let ordersB = TableShape(
    name: .b,
    columns: [
      .required("order_id", OrderField.id),
      .required("user_id", OrderField.userID),
      .required("order_date", OrderField.createdAt),
      .optional("total_amount", OrderField.totalAmount),
      .required("status", OrderField.status),
    ]
  )

  private static let orderItemsA = TableShape(
    name: .a,
    columns: [
      .required("id", OrderItemField.id),
      .required("order_id", OrderItemField.orderID),
      .optional("user_id", OrderItemField.userID),
      .required("product_id", OrderItemField.productID),
      .required("status", OrderItemField.status),
      .optional("created_at", OrderItemField.createdAt),
      .optional("shipped_at", OrderItemField.shippedAt),
      .optional("delivered_at", OrderItemField.deliveredAt),
      .optional("returned_at", OrderItemField.returnedAt),
      .required("sale_price", OrderItemField.price),
    ]
  )

  private static let orderItemsB = TableShape(
    name: .b,
    columns: [
      .required("order_id", OrderItemField.orderID),
      .required("product_id", OrderItemField.productID),
      .required("quantity", OrderItemField.quantity),
      .required("unit_price", OrderItemField.price),
    ]
  )
}
