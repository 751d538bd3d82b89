import Connect

/// An event as the hostile writer means it, however its line is spelled.
struct HostileEvent {
  var stream: StreamKind
  var id: String
  var user: String
  /// Microseconds since 1970.
  var time: Int
  /// What was paid, or the price of a click if there is one, in hundredths.
  var amount: Int?
  /// Optional text fields that are present, by name; of a click product_id too.
  var texts: [String: String] = [:]
  /// JSON of the optional nested fields of a checkout.
  var items: String?
  var address: String?

  static let clickTexts = [
    "product_id", "product_name", "product_category", "session_id", "device_type", "page_url",
    "referrer",
  ]
  static let checkoutTexts = ["session_id", "payment_method"]

  /// The event as one line without its end.
  func line(_ dress: inout JSONDress) -> String {
    var members = [
      (key: "event_id", value: dress.string(id)),
      (key: "user_id", value: dress.string(user)),
      (key: "timestamp", value: dress.string(dress.time(time))),
    ]
    if let amount {
      let name = stream == .clicks ? "product_price" : "total_amount"
      members.append((key: name, value: dress.amount(amount)))
    }
    for name in stream == .clicks ? Self.clickTexts : Self.checkoutTexts {
      if let text = texts[name] {
        members.append((key: name, value: dress.string(text)))
      } else if dress.chance(0.3) {
        members.append((key: name, value: "null"))
      }
    }
    if let items { members.append((key: "items", value: items)) }
    if let address { members.append((key: "shipping_address", value: address)) }
    return dress.object(members, isEvent: true)
  }
}

/// One line of a hostile log, with what must become of it.
struct HostileLine {
  enum Meaning {
    case blank
    case event(HostileEvent)
    /// A dead letter whose reason contains these words.
    case poison(reason: String)
  }

  var stream: StreamKind
  var partition: Int
  /// Without its end.
  var bytes: [UInt8]
  var end: String
  var meaning: Meaning
}
