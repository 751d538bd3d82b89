import Connect
import Dataflow
import Events

/// A record that a partition keeps: what answers need of it, or all.
///
/// ```
/// click      time (8) | byte count (4) | product (4) | origin (4) | event_id, user_id | product*
///            | origin*
/// checkout   time (8) | byte count (4) | amount (8)               | event_id, user_id
/// whole      ... | click: price (8), session_id, page_url
///            ... | checkout: session_id, payment_method, items, shipping_address
/// ```
/// The byte count is that of the whole record; whoever packs it sets it.
/// Product and origin are references into the thread's tables; what found no place there follows in
/// the record (*), and its reference is 0.
protocol PackedRecord: EventRecord {
  /// Which of the inputs it is of.
  static var stream: StreamKind { get }

  /// Whose record it is: decides its partition.
  var user: UnsafeRawBufferPointer { get }
  /// The most bytes that it takes, the margin behind it included.
  func maximumPackedByteCount(_ tables: TextTables) -> Int
  /// Under which its shared texts are found.
  func textHashes(_ tables: TextTables) -> TextHashes
  /// Writes the record; returns its end.
  func pack(
    _ tables: TextTables,
    _ hashes: TextHashes,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer
  /// Makes the record again that stands at `packed`; its texts go to `memory`.
  ///
  /// - Returns: the record, and the end of its texts.
  static func unpack(
    _ packed: UnsafeRawPointer,
    _ tables: TextGroups,
    into memory: UnsafeMutableRawPointer
  ) -> (record: Self, end: UnsafeMutableRawPointer)
}

/// Of the product and the origin of a record.
struct TextHashes: BitwiseCopyable {
  var product: UInt64
  var origin: UInt64
}

/// How one thread packs records, and the texts that they share.
struct TextTables {
  /// Whether records are packed whole.
  let isWhole: Bool
  let products = TextTable()
  let origins = TextTable()

  /// What unpacking needs of them; valid as long as they are.
  var groups: TextGroups {
    TextGroups(isWhole: isWhole, products: products.groups, origins: origins.groups)
  }
}

/// The texts that a thread has kept apart from its records.
struct TextGroups: BitwiseCopyable {
  let isWhole: Bool
  fileprivate let products: UnsafePointer<TextTable.Group>
  fileprivate let origins: UnsafePointer<TextTable.Group>

  /// The packed texts of a reference, which is not 0.
  @inline(__always)
  func product(_ reference: UInt32) -> UnsafeRawPointer {
    UnsafeRawPointer(products[Int(reference) &- 1].texts)
  }

  @inline(__always)
  func origin(_ reference: UInt32) -> UnsafeRawPointer {
    UnsafeRawPointer(origins[Int(reference) &- 1].texts)
  }

  /// Of all texts of a record that are in tables.
  static var maximumByteCount: Int { 2 * TextTable.maximumGroupByteCount }
}

/// What every packed record begins with, so that it can be looked at without being unpacked.
enum PackedHeader {
  static let byteCount = 20

  @inline(__always)
  static func time(of packed: UnsafeRawPointer) -> Int64 { packed.loadUnaligned(as: Int64.self) }

  /// Bytes of the whole record.
  @inline(__always)
  static func byteCount(of packed: UnsafeRawPointer) -> Int {
    Int(packed.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
  }

  @inline(__always)
  static func set(byteCount: Int, of packed: UnsafeMutableRawPointer) {
    packed.storeBytes(of: UInt32(byteCount), toByteOffset: 8, as: UInt32.self)
  }

  /// event_id and user_id with their lengths, which are of one byte each: equal bytes, equal keys.
  @inline(__always)
  static func identity(of packed: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    let start = packed + byteCount
    let count =
      2 &+ Int(start.load(as: UInt8.self)) &+ Int(start.load(fromByteOffset: 1, as: UInt8.self))
    return UnsafeRawBufferPointer(start: start, count: count)
  }
}

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
    return PackedHeader.byteCount + PackedTexts.maximumByteCount(identity)
      + PackedTexts.maximumByteCount(product) + PackedTexts.maximumByteCount(origin)
      + rest + PackedTexts.margin
  }

  @inline(__always)
  func textHashes(_ tables: TextTables) -> TextHashes {
    TextHashes(
      product: tables.products.hash(of: product, in: message),
      origin: tables.origins.hash(of: origin, in: message)
    )
  }

  @inline(__always)
  func pack(
    _ tables: TextTables,
    _ hashes: TextHashes,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    let productReference = tables.products.reference(of: product, hashes.product, in: message)
    let originReference = tables.origins.reference(of: origin, hashes.origin, in: message)
    target.storeBytes(of: time.microseconds, as: Int64.self)
    target.storeBytes(of: productReference, toByteOffset: 12, as: UInt32.self)
    target.storeBytes(of: originReference, toByteOffset: 16, as: UInt32.self)
    var end = PackedTexts.write(identity, of: message, to: target + PackedHeader.byteCount)
    if productReference == 0 { end = PackedTexts.write(product, of: message, to: end) }
    if originReference == 0 { end = PackedTexts.write(origin, of: message, to: end) }
    guard tables.isWhole else { return end }
    end.storeBytes(of: price.hundredths, as: Int64.self)
    return PackedTexts.write(visit, of: message, to: end + 8)
  }

  @inline(__always)
  static func unpack(
    _ packed: UnsafeRawPointer,
    _ tables: TextGroups,
    into memory: UnsafeMutableRawPointer
  ) -> (record: ClickRecord, end: UnsafeMutableRawPointer) {
    var click = ClickRecord(message: memory, byteCount: 0, offset: 0)
    click.time = EventTime(microseconds: PackedHeader.time(of: packed))
    let product = packed.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
    let origin = packed.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
    var texts = UnpackedTexts(packed + PackedHeader.byteCount, into: memory)
    click.eventID = texts.readLength()
    click.userID = texts.readLength()
    texts.copy()
    var rest = texts.cursor
    if product != 0 { texts.cursor = tables.product(product) }
    click.productID = texts.readLength()
    click.productName = texts.readLength()
    click.productCategory = texts.readLength()
    texts.copy()
    if product == 0 { rest = texts.cursor }
    texts.cursor = origin == 0 ? rest : tables.origin(origin)
    click.referrer = texts.readLength()
    click.deviceType = texts.readLength()
    texts.copy()
    if tables.isWhole {
      if origin == 0 { rest = texts.cursor }
      click.price = Money(hundredths: rest.loadUnaligned(as: Int64.self))
      texts.cursor = rest + 8
      click.sessionID = texts.readLength()
      click.pageURL = texts.readLength()
      texts.copy()
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
    return PackedHeader.byteCount + PackedTexts.maximumByteCount(identity) + rest
      + PackedTexts.margin
  }

  @inline(__always)
  func textHashes(_ tables: TextTables) -> TextHashes { TextHashes(product: 0, origin: 0) }

  @inline(__always)
  func pack(
    _ tables: TextTables,
    _ hashes: TextHashes,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    target.storeBytes(of: time.microseconds, as: Int64.self)
    target.storeBytes(of: totalAmount.hundredths, toByteOffset: 12, as: Int64.self)
    let end = PackedTexts.write(identity, of: message, to: target + PackedHeader.byteCount)
    guard tables.isWhole else { return end }
    let paid = PackedTexts.write(payment, of: message, to: end)
    return PackedTexts.write(goods, of: message, to: paid)
  }

  @inline(__always)
  static func unpack(
    _ packed: UnsafeRawPointer,
    _ tables: TextGroups,
    into memory: UnsafeMutableRawPointer
  ) -> (record: CheckoutRecord, end: UnsafeMutableRawPointer) {
    var checkout = CheckoutRecord(message: memory, byteCount: 0, offset: 0)
    checkout.time = EventTime(microseconds: PackedHeader.time(of: packed))
    checkout.totalAmount = Money(
      hundredths: packed.loadUnaligned(fromByteOffset: 12, as: Int64.self)
    )
    var texts = UnpackedTexts(packed + PackedHeader.byteCount, into: memory)
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
    return (checkout, texts.end)
  }
}
