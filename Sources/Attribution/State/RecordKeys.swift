internal import Events

/// What a click is looked up by.
struct ClickKeys: BitwiseCopyable {
  var id: UInt32
  var user: (UInt64, UInt64)
  var product: UInt32
  var origin: UInt32
  /// What the tags alone lead to, to be confirmed; 0 for nothing.
  var likelyUser: UInt32 = 0
  var likelyProduct: UInt32 = 0
  var likelyOrigin: UInt32 = 0

  @inline(__always) init(of click: UnsafePointer<ClickRecord>, _ hash: KeyedHash) {
    let message = UnsafeRawPointer(click.pointee.message)
    id = hash.tag(message + click.pointee.eventID.start, click.pointee.eventID.count)
    user = hash.fingerprint(message + click.pointee.userID.start, click.pointee.userID.count)
    product = ClickKeys.productFields(click).tag(of: message, hash)
    origin = ClickKeys.originFields(click).tag(of: message, hash)
  }

  @inline(__always)
  static func productFields(_ click: UnsafePointer<ClickRecord>) -> Interner.Fields {
    Interner.Fields(
      first: click.pointee.productID,
      second: click.pointee.productName,
      third: click.pointee.productCategory
    )
  }
  @inline(__always)
  static func originFields(_ click: UnsafePointer<ClickRecord>) -> Interner.Fields {
    Interner.Fields(
      first: click.pointee.referrer,
      second: click.pointee.deviceType,
      third: Interner.Fields.none
    )
  }
}

/// What a checkout is looked up by.
struct CheckoutKeys: BitwiseCopyable {
  var id: UInt32
  var user: (UInt64, UInt64)
  /// What the tag alone leads to, to be confirmed; 0 for nothing.
  var likelyUser: UInt32 = 0

  @inline(__always) init(of checkout: UnsafePointer<CheckoutRecord>, _ hash: KeyedHash) {
    let message = UnsafeRawPointer(checkout.pointee.message)
    id = hash.tag(message + checkout.pointee.eventID.start, checkout.pointee.eventID.count)
    user = hash.fingerprint(
      message + checkout.pointee.userID.start,
      checkout.pointee.userID.count
    )
  }
}

extension KeyedHash {
  /// The tag under which a `HashIndex` keeps a string.
  @inline(__always) func tag(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: hash(bytes, count) &>> 32)
  }
}

extension ByteSlice {
  @inline(__always) var start: Int { Int(truncatingIfNeeded: offset) }
  /// 0 when absent.
  @inline(__always) var count: Int { Int(truncatingIfNeeded: max(length, 0)) }
}

/// The keys of a block of records: all are hashed and their memory is asked for before the first is
/// looked up, so that the waits for memory overlap.
struct KeyBlock<Keys: BitwiseCopyable>: ~Copyable {
  private let keys: UnsafeMutablePointer<Keys>

  static var count: Int { 64 }

  init() { keys = .allocate(capacity: KeyBlock.count) }

  deinit { keys.deallocate() }

  @inline(__always) subscript(place: Int) -> Keys {
    get { keys[place] }
    nonmutating _modify { yield &keys[place] }
  }
}
