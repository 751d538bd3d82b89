import Connect
import Dataflow
import Events

/// A record that a partition keeps: what answers need of it, or all.
///
/// ```
/// click      time (8) | product (4) | origin (4) | event_id, user_id | product* | origin*
/// checkout   time (8) | amount (8)               | event_id, user_id
/// whole      ... | click: price (8), session_id, page_url
///            ... | checkout: session_id, payment_method, items, shipping_address
/// ```
/// Product and origin are references into the thread's tables; what found no place there follows in
/// the record (*), and its reference is 0.
protocol PackedRecord: EventRecord {
  /// Which of the inputs it is of.
  static var stream: StreamKind { get }

  /// Whose record it is: decides its partition.
  var user: UnsafeRawBufferPointer { get }
  /// The most bytes that it takes, the margin behind it included.
  func maximumPackedByteCount(_ tables: TextTables) -> Int
  /// Writes the record; returns its end.
  func pack(_ tables: TextTables, to target: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer
  /// Makes the record again that stands at `cursor`, and moves behind it; its texts go to `memory`.
  ///
  /// - Returns: the record, and the end of its texts.
  static func unpack(
    _ cursor: inout UnsafeRawPointer,
    _ tables: TextTables,
    into memory: UnsafeMutableRawPointer
  ) -> (record: Self, end: UnsafeMutableRawPointer)
}

/// How one thread packs records, and the texts that they share.
struct TextTables {
  /// Whether records are packed whole.
  let isWhole: Bool
  let products = TextTable()
  let origins = TextTable()

  /// Of all texts of a record that are in tables.
  static var maximumByteCount: Int { 2 * TextTable.maximumGroupByteCount }
}

private let fixedByteCount = 16

extension ClickRecord: PackedRecord {
  static var stream: StreamKind { .clicks }
  var user: UnsafeRawBufferPointer { bytes(userID) }

  private var identity: TextPair { TextPair(first: eventID, second: userID) }
  private var product: TextTriple {
    TextTriple(first: productID, second: productName, third: productCategory)
  }
  private var origin: TextPair { TextPair(first: referrer, second: deviceType) }

  private var visit: TextPair { TextPair(first: sessionID, second: pageURL) }

  @inline(__always)
  func maximumPackedByteCount(_ tables: TextTables) -> Int {
    let rest = tables.isWhole ? 8 + PackedTexts.maximumByteCount(visit) : 0
    return fixedByteCount + PackedTexts.maximumByteCount(identity)
      + PackedTexts.maximumByteCount(product) + PackedTexts.maximumByteCount(origin)
      + rest + PackedTexts.margin
  }

  @inline(__always)
  func pack(_ tables: TextTables, to target: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let productReference = tables.products.reference(of: product, in: message)
    let originReference = tables.origins.reference(of: origin, in: message)
    target.storeBytes(of: time.microseconds, as: Int64.self)
    target.storeBytes(of: productReference, toByteOffset: 8, as: UInt32.self)
    target.storeBytes(of: originReference, toByteOffset: 12, as: UInt32.self)
    var end = PackedTexts.write(identity, of: message, to: target + fixedByteCount)
    if productReference == 0 { end = PackedTexts.write(product, of: message, to: end) }
    if originReference == 0 { end = PackedTexts.write(origin, of: message, to: end) }
    guard tables.isWhole else { return end }
    end.storeBytes(of: price.hundredths, as: Int64.self)
    return PackedTexts.write(visit, of: message, to: end + 8)
  }

  @inline(__always)
  static func unpack(
    _ cursor: inout UnsafeRawPointer,
    _ tables: TextTables,
    into memory: UnsafeMutableRawPointer
  ) -> (record: ClickRecord, end: UnsafeMutableRawPointer) {
    var click = ClickRecord(message: memory, byteCount: 0, offset: 0)
    click.time = EventTime(microseconds: cursor.loadUnaligned(as: Int64.self))
    let product = cursor.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    let origin = cursor.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
    var texts = UnpackedTexts(cursor + fixedByteCount, into: memory)
    click.eventID = texts.readLength()
    click.userID = texts.readLength()
    texts.copy()
    cursor = texts.cursor
    if product != 0 { texts.cursor = tables.products.texts(product) }
    click.productID = texts.readLength()
    click.productName = texts.readLength()
    click.productCategory = texts.readLength()
    texts.copy()
    if product == 0 { cursor = texts.cursor }
    texts.cursor = origin == 0 ? cursor : tables.origins.texts(origin)
    click.referrer = texts.readLength()
    click.deviceType = texts.readLength()
    texts.copy()
    if origin == 0 { cursor = texts.cursor }
    if tables.isWhole {
      click.price = Money(hundredths: cursor.loadUnaligned(as: Int64.self))
      texts.cursor = cursor + 8
      click.sessionID = texts.readLength()
      click.pageURL = texts.readLength()
      texts.copy()
      cursor = texts.cursor
    }
    click.byteCount = Int32(truncatingIfNeeded: texts.end - memory)
    return (click, texts.end)
  }
}

extension CheckoutRecord: PackedRecord {
  static var stream: StreamKind { .checkouts }
  var user: UnsafeRawBufferPointer { bytes(userID) }

  private var identity: TextPair { TextPair(first: eventID, second: userID) }

  private var payment: TextPair { TextPair(first: sessionID, second: paymentMethod) }
  private var goods: TextPair { TextPair(first: items, second: shippingAddress) }

  @inline(__always)
  func maximumPackedByteCount(_ tables: TextTables) -> Int {
    let rest =
      tables.isWhole
      ? PackedTexts.maximumByteCount(payment) + PackedTexts.maximumByteCount(goods) : 0
    return fixedByteCount + PackedTexts.maximumByteCount(identity) + rest + PackedTexts.margin
  }

  @inline(__always)
  func pack(_ tables: TextTables, to target: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    target.storeBytes(of: time.microseconds, as: Int64.self)
    target.storeBytes(of: totalAmount.hundredths, toByteOffset: 8, as: Int64.self)
    let end = PackedTexts.write(identity, of: message, to: target + fixedByteCount)
    guard tables.isWhole else { return end }
    let paid = PackedTexts.write(payment, of: message, to: end)
    return PackedTexts.write(goods, of: message, to: paid)
  }

  @inline(__always)
  static func unpack(
    _ cursor: inout UnsafeRawPointer,
    _ tables: TextTables,
    into memory: UnsafeMutableRawPointer
  ) -> (record: CheckoutRecord, end: UnsafeMutableRawPointer) {
    var checkout = CheckoutRecord(message: memory, byteCount: 0, offset: 0)
    checkout.time = EventTime(microseconds: cursor.loadUnaligned(as: Int64.self))
    checkout.totalAmount = Money(
      hundredths: cursor.loadUnaligned(fromByteOffset: 8, as: Int64.self)
    )
    var texts = UnpackedTexts(cursor + fixedByteCount, into: memory)
    checkout.eventID = texts.readLength()
    checkout.userID = texts.readLength()
    texts.copy()
    if tables.isWhole {
      checkout.sessionID = texts.readLength()
      checkout.paymentMethod = texts.readLength()
      texts.copy()
      checkout.items = texts.readLength()
      checkout.shippingAddress = texts.readLength()
      texts.copy()
    }
    checkout.byteCount = Int32(truncatingIfNeeded: texts.end - memory)
    cursor = texts.cursor
    return (checkout, texts.end)
  }
}
