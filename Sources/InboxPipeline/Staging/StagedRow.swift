import Dataflow
import Events
import OrderKPIs

/// A clean row with what else its staging table keeps of it.
protocol StagedRow: CleanRow {
  /// Columns in the order of `write`.
  static var columns: [String] { get }
  /// The column that tells rows apart.
  static var key: String { get }

  /// Appends the columns' values.
  func write(to text: inout CopyText)
}

struct StagedProduct: StagedRow {
  static let table = ShopTable.products
  static let key = "product_id"
  static let columns = [
    "product_id", "category", "department", "name", "brand", "sku", "cost", "retail_price",
  ]
  private static let unnamed = Array("Unknown".utf8)

  private let product: ProductRow
  private let name, brand, sku, cost, retailPrice: CellText

  init(
    _ row: CSVRow,
    of shape: TableShape.Name,
    times: inout TimeReader
  ) throws(Rejection) {
    product = try ProductRow(row, of: shape, times: &times)
    name = row.text(ProductField.name)
    brand = row.text(ProductField.brand)
    sku = row.text(ProductField.sku)
    cost = row.text(ProductField.cost)
    retailPrice = row.text(ProductField.retailPrice)
  }

  func write(to text: inout CopyText) {
    text.append(product.id)
    if product.category.isEmpty { text.append(Self.unnamed) } else { text.append(product.category) }
    if product.department.isEmpty {
      text.append(Self.unnamed)
    } else {
      text.append(product.department)
    }
    text.append(orNull: name)
    text.append(orNull: brand)
    text.append(orNull: sku)
    text.append(orNull: cost)
    text.append(retailPrice)
  }
}

struct StagedOrder: StagedRow {
  static let table = ShopTable.orders
  static let key = "order_id"
  static let columns = [
    "order_id", "user_id", "status", "created_at", "returned_at", "shipped_at", "delivered_at",
    "num_of_item", "total_amount",
  ]

  private let order: OrderRow
  private let returnedAt, shippedAt, deliveredAt: EventTime?
  private let itemCount, totalAmount: CellText
  /// No figure is made of these two: what is no number is left out.
  private static var nothing: CellText { CellText(start: nil, count: 0) }

  init(
    _ row: CSVRow,
    of shape: TableShape.Name,
    times: inout TimeReader
  ) throws(Rejection) {
    order = try OrderRow(row, of: shape, times: &times)
    returnedAt = times.writableTime(row.text(OrderField.returnedAt))
    shippedAt = times.writableTime(row.text(OrderField.shippedAt))
    deliveredAt = times.writableTime(row.text(OrderField.deliveredAt))
    itemCount = row.text(OrderField.itemCount)
    totalAmount = row.text(OrderField.totalAmount)
  }

  func write(to text: inout CopyText) {
    text.append(order.id)
    text.append(order.userID)
    text.append(order.status)
    text.append(order.createdAt)
    text.append(returnedAt)
    text.append(shippedAt)
    text.append(deliveredAt)
    text.append(orNull: itemCount.isStorable(decimals: 0) ? itemCount : Self.nothing)
    text.append(orNull: totalAmount.isStorable(decimals: 20) ? totalAmount : Self.nothing)
  }
}

struct StagedOrderItem: StagedRow {
  static let table = ShopTable.orderItems
  static let key = "item_id"
  static let columns = [
    "item_id", "order_id", "product_id", "status", "sale_price", "quantity", "user_id",
    "created_at", "shipped_at", "delivered_at", "returned_at",
  ]

  private let item: OrderItemRow
  private let price, userID: CellText
  private let createdAt, shippedAt, deliveredAt, returnedAt: EventTime?
  private let shape: TableShape.Name

  init(
    _ row: CSVRow,
    of shape: TableShape.Name,
    times: inout TimeReader
  ) throws(Rejection) {
    item = try OrderItemRow(row, of: shape, times: &times)
    self.shape = shape
    price = row.text(OrderItemField.price)
    userID = row.text(OrderItemField.userID)
    createdAt = times.writableTime(row.text(OrderItemField.createdAt))
    shippedAt = times.writableTime(row.text(OrderItemField.shippedAt))
    deliveredAt = times.writableTime(row.text(OrderItemField.deliveredAt))
    returnedAt = times.writableTime(row.text(OrderItemField.returnedAt))
  }

  func write(to text: inout CopyText) {
    switch shape {
    case .a: text.append(item.id)
    case .b: text.append(pair: item.orderID, item.productID)
    }
    text.append(item.orderID)
    text.append(item.productID)
    switch shape {
    case .a: text.append(item.status)
    case .b: text.appendNull()
    }
    text.append(price)
    text.append(item.quantity)
    text.append(orNull: userID)
    text.append(createdAt)
    text.append(shippedAt)
    text.append(deliveredAt)
    text.append(returnedAt)
  }
}

extension CellText {
  /// Whether this is a number of so many decimals at most that a numeric column takes.
  fileprivate func isStorable(decimals: Int) -> Bool {
    DecimalText(UnsafeRawBufferPointer(self))?.magnitude(decimals: decimals, digits: 32) != nil
  }
}
