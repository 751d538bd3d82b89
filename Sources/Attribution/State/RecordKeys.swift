internal import Events

/// What a click is looked up by.
struct ClickKeys: BitwiseCopyable {
  var packedID: PackedID
  var id: HashKey
  var user: HashKey
  var product: HashKey
  var origin: HashKey
  /// To be confirmed; 0 for nobody.
  var likelyUser: UInt32 = 0

  @inline(__always)
  init(of click: UnsafePointer<ClickRecord>, _ hash: KeyedHash, _ patterns: IDPatterns) {
    let message = UnsafeRawPointer(click.pointee.message)
    let text = message + click.pointee.eventID.start
    packedID = patterns.pack(text, click.pointee.eventID.count)
    id = hash.id(packedID, text)
    user = hash.user(message, click.pointee.userID)
    product = ClickKeys.productFields(click).key(hash)
    origin = ClickKeys.originFields(click).key(hash)
  }

  @inline(__always)
  static func productFields(_ click: UnsafePointer<ClickRecord>) -> RunFields {
    RunFields(
      message: click.pointee.message,
      first: click.pointee.productID,
      second: click.pointee.productName,
      third: click.pointee.productCategory
    )
  }
  @inline(__always)
  static func originFields(_ click: UnsafePointer<ClickRecord>) -> RunFields {
    RunFields(
      message: click.pointee.message,
      first: click.pointee.referrer,
      second: click.pointee.deviceType,
      third: RunFields.none
    )
  }
}

/// What a checkout is looked up by.
struct CheckoutKeys: BitwiseCopyable {
  var packedID: PackedID
  var id: HashKey
  var user: HashKey
  /// To be confirmed; 0 for nobody.
  var likelyUser: UInt32 = 0

  @inline(__always)
  init(of checkout: UnsafePointer<CheckoutRecord>, _ hash: KeyedHash, _ patterns: IDPatterns) {
    let message = UnsafeRawPointer(checkout.pointee.message)
    let text = message + checkout.pointee.eventID.start
    packedID = patterns.pack(text, checkout.pointee.eventID.count)
    id = hash.id(packedID, text)
    user = hash.user(message, checkout.pointee.userID)
  }
}

extension KeyedHash {
  @inline(__always)
  fileprivate func user(_ message: UnsafeRawPointer, _ id: ByteSlice) -> HashKey {
    fold(message + id.start, id.count, into: fingerprint(id.length))
  }
}

/// The keys of a block of records: all are hashed and their memory is asked for before the first is
/// looked up, so that the waits for memory overlap.
struct KeyBlock<Keys: BitwiseCopyable>: ~Copyable {
  private let keys: UnsafeMutablePointer<Keys>

  static var count: Int { 64 }

  init() { keys = .allocate(capacity: KeyBlock.count) }

  deinit { keys.deallocate() }

  @inline(__always) subscript(place: Int) -> UnsafeMutablePointer<Keys> { keys + place }
}
