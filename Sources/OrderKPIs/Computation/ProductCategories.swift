/// What the figures need of a product.
struct ProductEntry: BitwiseCopyable, Sendable {
  var id: RowKey
  /// Among the categories of its part.
  var category: UInt32
  /// From the start of its part, in bytes.
  var offset: UInt32
}

/// The clean products of one part of a file.
struct ProductPart: Sendable {
  let place: InputPlace
  var products: [ProductEntry] = []
  var categories = CategoryNames()

  mutating func append(_ batch: CleanBatch<ProductRow>, _ keys: KeyMaker) {
    for (row, offset) in zip(batch.rows, batch.offsets) {
      products.append(
        ProductEntry(
          id: keys.key(row.id),
          category: categories.number(of: UnsafeRawBufferPointer(row.category)),
          offset: UInt32(truncatingIfNeeded: offset - place.offset)
        )
      )
    }
  }
}

/// Category names by number, told apart by their bytes; number 0 is `Unknown`.
struct CategoryNames: Sendable {
  private(set) var names = [Array("Unknown".utf8)]
  private var numbers: [[UInt8]: UInt32] = [Array("Unknown".utf8): 0]

  /// The number of a name, a new one if need be; an empty name is `Unknown`.
  mutating func number(of name: some Collection<UInt8>) -> UInt32 {
    if name.isEmpty { return 0 }
    let name = Array(name)
    if let number = numbers[name] { return number }
    let number = UInt32(names.count)
    numbers[name] = number
    names.append(name)
    return number
  }
}

/// The category of each product; the first row of a product counts.
final class ProductCategories: Sendable {
  let categories: CategoryNames
  /// The rows whose product has come before.
  let copies: [InputPlace]
  private let products: RowKeyTable
  private let categoryOfProduct: [UInt32]
  /// By id, for ids that are small numbers, as they are in most shops.
  private let categoryOfNumber: [UInt32]

  /// Takes the parts of all files, which are in order.
  init(_ parts: [ProductPart], _ keys: KeyMaker) {
    var categories = CategoryNames()
    var copies: [InputPlace] = []
    var products = RowKeyTable(keys)
    var categoryOfProduct: [UInt32] = []
    let productCount = parts.reduce(0) { $0 + $1.products.count }
    var categoryOfNumber = [UInt32](repeating: 0, count: 2 * productCount + 1024)
    for part in parts {
      let numbers = part.categories.names.map { categories.number(of: $0) }
      for product in part.products {
        if products.insert(product.id).isNew {
          let category = numbers[Int(product.category)]
          categoryOfProduct.append(category)
          if let number = product.id.number, number < categoryOfNumber.count {
            categoryOfNumber[number] = category
          }
        } else {
          var place = part.place
          place.offset += Int64(product.offset)
          copies.append(place)
        }
      }
    }
    self.categories = categories
    self.copies = copies
    self.products = products
    self.categoryOfProduct = categoryOfProduct
    self.categoryOfNumber = categoryOfNumber
  }

  /// The number of a product's category, that of `Unknown` for a product that is not there.
  @inline(__always)
  func category(of product: RowKey) -> UInt32 {
    if let number = product.number, number < categoryOfNumber.count {
      return categoryOfNumber[number]
    }
    return products.number(of: product).map { categoryOfProduct[$0] } ?? 0
  }
}
