/// The products of one seed, their popularity, and their pieces of JSON made ready.
struct Catalog {
  let productCount: Int
  /// In hundredths.
  let prices: [UInt64]
  /// Of a click, from `","product_id":"` to `,"session_id":"s_`.
  let clickTexts: LineTexts
  /// Of a click, `","page_url":"..."`.
  let pageTexts: LineTexts
  /// Of a checkout's item, from its brace to `"quantity":`.
  let itemTexts: LineTexts
  /// Zipf's law with exponent 1.
  private let popularity: AliasTable

  init(productCount: Int, seed: UInt64) {
    var random = RandomNumbers(seed: seed, stream: .catalog)
    var prices: [UInt64] = []
    var clicks: [String] = []
    var pages: [String] = []
    var items: [String] = []
    for product in 0..<productCount {
      let department = random.element(of: CatalogWords.departments)
      let adjective = random.element(of: CatalogWords.adjectives)
      let name = JSONLiteral.of("\(adjective) \(random.element(of: department.goods))")
      let category = JSONLiteral.of(department.category)
      let whole = department.prices.lowerBound + random.below(department.prices.count)
      let hundredths = UInt64(whole * 100 + [99, 95, 50, 0][random.below(4)])
      let id = "prod_" + Self.padded(product, digits: 5)
      let price = "\(hundredths / 100).\(Self.padded(Int(hundredths % 100), digits: 2))"
      prices.append(hundredths)
      clicks.append(
        #"","product_id":"\#(id)","product_name":\#(name),"product_category":\#(category),"#
          + #""product_price":\#(price),"session_id":"s_"#
      )
      pages.append(#","page_url":"https://shop.example/p/\#(id)""#)
      items.append(
        #"{"product_id":"\#(id)","product_name":\#(name),"price":\#(price),"quantity":"#
      )
    }
    self.productCount = productCount
    self.prices = prices
    clickTexts = LineTexts(clicks)
    pageTexts = LineTexts(pages)
    itemTexts = LineTexts(items)
    popularity = AliasTable(zipf: productCount, exponent: 1, random: &random)
  }

  @inline(__always)
  func drawProduct(_ random: inout RandomNumbers) -> UInt32 {
    UInt32(truncatingIfNeeded: popularity.draw(&random))
  }

  static func padded(_ number: Int, digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
