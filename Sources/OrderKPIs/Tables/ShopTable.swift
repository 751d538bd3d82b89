/// The three tables that the figures are made of.
package enum ShopTable: String, CaseIterable, Sendable {
  case products
  case orders
  case orderItems = "order_items"
}
