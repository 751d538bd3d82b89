import Connect
import Dataflow
import Events

/// A record that a partition keeps: what answers need of it, or all.
///
/// ```
/// record     header and ids | byte count of the rest (4), rest     the rest: where there is one
/// click      ...            | product*, origin*
/// whole      click:         | product*, origin*, price (8), session_id, page_url
///            checkout:      | session_id, payment_method, items, shipping_address
/// ```
/// Product and origin are references into the thread's tables; what found no place there follows in
/// the record (*), and its reference is 0. Texts behind the ids are as in `CopyTexts`.
protocol PackedRecord: EventRecord {
  /// Which of the inputs it is of.
  static var stream: StreamKind { get }

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
  /// Whether a record has more than its ids.
  static func hasRest(_ header: PackedHeader, isWhole: Bool) -> Bool
}

extension PackedRecord {
  /// Whose record it is: decides its partition.
  @inline(__always) var user: UnsafeRawBufferPointer { bytes(userID) }

  /// What a record takes at most besides its message: a byte count for each text, and margins.
  static var maximumOverhead: Int { 128 }

  /// The bytes of the whole record at `packed`.
  @inline(__always)
  static func byteCount(of packed: UnsafeRawPointer, isWhole: Bool) -> Int {
    let header = PackedHeader(of: packed)
    let end = header.identityEnd
    guard hasRest(header, isWhole: isWhole) else { return end }
    return end &+ 4 &+ Int(packed.loadUnaligned(fromByteOffset: end, as: UInt32.self))
  }

  @inline(__always)
  fileprivate func packIdentity(
    _ header: PackedHeader,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    target.storeBytes(of: header, as: PackedHeader.self)
    let id = target + PackedHeader.byteCount
    let user = id + Int(eventID.length)
    CopyField.copyVectors(
      from: message + Int(eventID.offset),
      to: id,
      byteCount: Int(eventID.length)
    )
    CopyField.copyVectors(
      from: message + Int(userID.offset),
      to: user,
      byteCount: Int(userID.length)
    )
    return user + Int(userID.length)
  }

  /// The byte count in front of the rest that ends there.
  @inline(__always)
  fileprivate static func close(
    _ rest: UnsafeMutableRawPointer,
    at end: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    rest.storeBytes(of: UInt32(truncatingIfNeeded: end - rest - 4), as: UInt32.self)
    return end
  }
}

extension ClickRecord: PackedRecord {
  static var stream: StreamKind { .clicks }

  fileprivate var product: TextTriple {
    TextTriple(first: productID, second: productName, third: productCategory)
  }
  fileprivate var origin: TextPair { TextPair(first: referrer, second: deviceType) }
  private var visit: TextPair { TextPair(first: sessionID, second: pageURL) }

  @inline(__always)
  static func hasRest(_ header: PackedHeader, isWhole: Bool) -> Bool {
    isWhole || header.product == 0 || header.origin == 0
  }

  func maximumPackedByteCount(_ tables: TextTables) -> Int {
    let rest = tables.isWhole ? 8 + CopyTexts.maximumByteCount(visit) : 0
    return PackedHeader.byteCount + Int(eventID.length) + Int(userID.length) + 4
      + CopyTexts.maximumByteCount(product) + CopyTexts.maximumByteCount(origin)
      + rest + CopyTexts.margin
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
    let header = PackedHeader(
      self,
      product: tables.products.reference(of: product, hashes.product, in: message),
      origin: tables.origins.reference(of: origin, hashes.origin, in: message),
      writer: tables.writer
    )
    let rest = packIdentity(header, to: target)
    guard Self.hasRest(header, isWhole: tables.isWhole) else { return rest }
    var end = rest + 4
    if header.product == 0 { end = CopyTexts.write(product, of: message, to: end) }
    if header.origin == 0 { end = CopyTexts.write(origin, of: message, to: end) }
    if tables.isWhole {
      end.storeBytes(of: price.hundredths, as: Int64.self)
      end = CopyTexts.write(visit, of: message, to: end + 8)
    }
    return Self.close(rest, at: end)
  }
}

extension CheckoutRecord: PackedRecord {
  static var stream: StreamKind { .checkouts }

  private var payment: TextPair { TextPair(first: sessionID, second: paymentMethod) }
  private var goods: TextPair { TextPair(first: items, second: shippingAddress) }

  @inline(__always)
  static func hasRest(_ header: PackedHeader, isWhole: Bool) -> Bool { isWhole }

  func maximumPackedByteCount(_ tables: TextTables) -> Int {
    let rest =
      tables.isWhole
      ? 4 + CopyTexts.maximumByteCount(payment) + CopyTexts.maximumByteCount(goods) : 0
    return PackedHeader.byteCount + Int(eventID.length) + Int(userID.length) + rest
      + CopyTexts.margin
  }

  @inline(__always)
  func textHashes(_ tables: TextTables) -> TextHashes { TextHashes(product: 0, origin: 0) }

  @inline(__always)
  func pack(
    _ tables: TextTables,
    _ hashes: TextHashes,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    let rest = packIdentity(PackedHeader(self), to: target)
    guard tables.isWhole else { return rest }
    let paid = CopyTexts.write(payment, of: message, to: rest + 4)
    return Self.close(rest, at: CopyTexts.write(goods, of: message, to: paid))
  }
}
