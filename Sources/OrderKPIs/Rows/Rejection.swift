/// Why a row does not count: the names by which rejected rows are counted.
package enum Rejection: String, CaseIterable, Error, Sendable {
  /// Not as many cells as the header, or a quote that does not close.
  case malformedRow = "malformed_row"
  /// A row without its primary key.
  case missingID = "missing_id"
  case duplicateID = "duplicate_id"
  /// An id or a category of more than 1,000 bytes, which no index takes.
  case keyTooLong = "key_too_long"
  /// A number above 0 that figures cannot hold: a price, or quantity x price, of 10^12 and above or
  /// with more than 20 decimals; a quantity of 10^9 and above.
  case numberOutOfRange = "number_out_of_range"

  /// A product whose cost is missing or no number above 0.
  case cost = "cost_not_positive"
  /// A product whose retail price is missing or no number above 0.
  case retailPrice = "retail_price_not_positive"

  /// An order whose `created_at` (`order_date`) is missing or none of the times that are read.
  case createdAt = "invalid_created_at"
  /// An order of no items.
  case itemCount = "num_of_item_zero"

  /// An item without a product.
  case missingProductID = "missing_product_id"
  /// An item whose price is missing or no number above 0.
  case salePrice = "sale_price_not_positive"
  /// An item whose quantity is missing or no whole number above 0.
  case quantity = "quantity_not_positive"
  /// An item of an order that is in no file, or was itself rejected.
  case unknownOrder = "unknown_order"
}
