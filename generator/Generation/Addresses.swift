/// Where users live: the end of a checkout's line, made ready.
struct Addresses {
  private static let places = [
    ("Berlin", "BE", "DE"), ("München", "BY", "DE"), ("Zürich", "ZH", "CH"),
    ("Paris", "IDF", "FR"), ("Lyon", "ARA", "FR"), ("London", "ENG", "GB"),
    ("Leeds", "ENG", "GB"), ("Madrid", "MD", "ES"), ("A Coruña", "GA", "ES"),
    ("New York", "NY", "US"), ("Austin", "TX", "US"), ("Chicago", "IL", "US"),
    ("Seattle", "WA", "US"), ("Coeur d'Alene", "ID", "US"), ("Denver", "CO", "US"),
    ("Toronto", "ON", "CA"), ("Montréal", "QC", "CA"), ("São Paulo", "SP", "BR"),
    ("Tokyo", "13", "JP"), ("Sydney", "NSW", "AU"), ("Warszawa", "MZ", "PL"),
    ("Kraków", "MA", "PL"), ("Oslo", "03", "NO"), ("Wien", "9", "AT"),
  ]

  private static let count = 4096

  /// Of a checkout, by address: `,"shipping_address":{...}}` and the line end.
  private let texts: LineTexts
  private let seed: UInt64

  init(seed: UInt64) {
    var random = RandomNumbers(seed: seed, stream: .people)
    var texts: [String] = []
    for _ in 0..<Self.count {
      let (city, state, country) = random.element(of: Self.places)
      let zip = Catalog.padded(random.below(100_000), digits: 5)
      texts.append(
        #"","shipping_address":{"city":\#(JSONLiteral.of(city)),"state":"\#(state)","#
          + #""country":"\#(country)","zip_code":"\#(zip)"}}"# + "\n"
      )
    }
    self.texts = LineTexts(texts)
    self.seed = seed
  }

  /// The same for all checkouts of a user.
  @inline(__always)
  func text(of user: UInt32) -> UnsafeRawBufferPointer {
    texts[Int(RandomNumbers.mix(seed &+ UInt64(user)) % UInt64(Self.count))]
  }
}
