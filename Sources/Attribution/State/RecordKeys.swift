internal import Events

/// What a click is looked up by.
struct ClickKeys: BitwiseCopyable {
  var id: UInt32
  var user: (UInt64, UInt64)
  var product: UInt32
  var origin: UInt32

  @inline(__always) init(of click: ClickRecord, _ hash: KeyedHash) {
    id = hash.tag(click.bytes(click.eventID))
    user = hash.fingerprint(click.bytes(click.userID))
    product = ClickKeys.productFields(click).tag(of: click, hash)
    origin = ClickKeys.originFields(click).tag(of: click, hash)
  }

  @inline(__always) static func productFields(_ click: ClickRecord) -> Interner.Fields {
    Interner.Fields(
      first: click.productID,
      second: click.productName,
      third: click.productCategory
    )
  }
  @inline(__always) static func originFields(_ click: ClickRecord) -> Interner.Fields {
    Interner.Fields(first: click.referrer, second: click.deviceType, third: nil)
  }
}

/// What a checkout is looked up by.
struct CheckoutKeys: BitwiseCopyable {
  var id: UInt32
  var user: (UInt64, UInt64)

  @inline(__always) init(of checkout: CheckoutRecord, _ hash: KeyedHash) {
    id = hash.tag(checkout.bytes(checkout.eventID))
    user = hash.fingerprint(checkout.bytes(checkout.userID))
  }
}

extension KeyedHash {
  /// The tag under which a `HashIndex` keeps a string.
  @inline(__always) func tag(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: hash(bytes) >> 32)
  }
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
    nonmutating set { (keys + place).initialize(to: newValue) }
  }
}
