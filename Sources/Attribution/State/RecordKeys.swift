internal import Events

/// What an event_id is looked up by.
struct IDKeys: BitwiseCopyable {
  /// Where its text is, in the message.
  var text: UnsafeRawPointer
  var packed: PackedID
  var hash: HashKey

  @inline(__always)
  init(
    _ message: UnsafeRawPointer,
    _ id: ByteSlice,
    _ hash: KeyedHash,
    _ patterns: IDPatterns
  ) {
    text = message + id.start
    packed = patterns.pack(text, id.count)
    self.hash = hash.id(packed, text)
  }
}

/// What a click is looked up by, and what was found.
struct ClickKeys: BitwiseCopyable {
  var id: IDKeys
  var user: HashKey
  var product: HashKey = 0
  var origin: HashKey = 0
  /// To be confirmed; 0 for none.
  var likelyUser: UInt32 = 0
  var likelyProduct: UInt32 = 0
  var likelyOrigin: UInt32 = 0
  /// Where it is kept; 0 while it is not, and when it joins nothing.
  var cell: UInt32 = 0

  /// The keys of the click and its user.
  @inline(__always)
  init(of click: UnsafePointer<ClickRecord>, _ hash: KeyedHash, _ patterns: IDPatterns) {
    let message = UnsafeRawPointer(click.pointee.message)
    id = IDKeys(message, click.pointee.eventID, hash, patterns)
    user = hash.user(message, click.pointee.userID)
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
  var id: IDKeys
  var user: HashKey
  /// To be confirmed; 0 for nobody.
  var likelyUser: UInt32 = 0

  @inline(__always)
  init(of checkout: UnsafePointer<CheckoutRecord>, _ hash: KeyedHash, _ patterns: IDPatterns) {
    let message = UnsafeRawPointer(checkout.pointee.message)
    id = IDKeys(message, checkout.pointee.eventID, hash, patterns)
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
