import Dataflow
import Events

/// Writes events as lines of JSON: a few numbers between texts made ready, no allocation.
struct EventEncoder {
  /// No line is longer: four items, the longest names and ids, and 100 bytes for a defect.
  static let longestLine = 4096

  private let catalog: Catalog
  private let users: Users
  private let origins: Origins
  private let addresses: Addresses
  private let payments = LineTexts(CatalogWords.payments)
  private var timestamps = TimeWriter()

  init(catalog: Catalog, users: Users, origins: Origins, addresses: Addresses) {
    self.catalog = catalog
    self.users = users
    self.origins = origins
    self.addresses = addresses
  }

  /// Appends the event's line, line end included; there must be room for `longestLine` bytes.
  @inline(__always)
  mutating func append(_ event: borrowing Event, to line: inout LineCursor) {
    switch event.stream {
    case .clicks: appendClick(event, to: &line)
    case .checkouts: appendCheckout(event, to: &line)
    }
  }

  private mutating func appendClick(_ event: borrowing Event, to line: inout LineCursor) {
    let product = Int(event.products[0])
    line.append("{\"event_id\":\"clk_")
    line.appendHexadecimal(event.serial)
    appendUserAndTime(event, to: &line)
    line.append(catalog.clickTexts[product])
    line.appendHexadecimal(event.session)
    line.append(origins.deviceTexts[Int(event.origin)])
    line.append(catalog.pageTexts[product])
    line.append(origins.referrerTexts[Int(event.origin)])
  }

  private mutating func appendCheckout(_ event: borrowing Event, to line: inout LineCursor) {
    line.append("{\"event_id\":\"chk_")
    line.appendHexadecimal(event.serial)
    appendUserAndTime(event, to: &line)
    line.append("\",\"session_id\":\"s_")
    line.appendHexadecimal(event.session)
    line.append("\",\"total_amount\":")
    line.append(hundredths: catalog.total(of: event))
    line.append(",\"items\":[")
    for place in 0..<4 where event.quantities[place] > 0 {
      if place > 0 { line.append(",") }
      line.append(catalog.itemTexts[Int(event.products[place])])
      line.append(byte: UInt8(ascii: "0") &+ event.quantities[place])
      line.append("}")
    }
    line.append("],\"payment_method\":\"")
    line.append(payments[Int(event.payment)])
    line.append(addresses.text(of: event.user))
  }

  @inline(__always)
  private mutating func appendUserAndTime(_ event: borrowing Event, to line: inout LineCursor) {
    line.append("\",\"user_id\":\"")
    users.appendID(event.user, to: &line)
    line.append("\",\"timestamp\":\"")
    line.append(event.time, by: &timestamps)
  }
}

extension Catalog {
  /// What the basket costs, in hundredths.
  func total(of event: borrowing Event) -> UInt64 {
    var total: UInt64 = 0
    for place in 0..<4 where event.quantities[place] > 0 {
      total += prices[Int(event.products[place])] * UInt64(event.quantities[place])
    }
    return total
  }
}
