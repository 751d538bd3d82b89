internal import Events

/// What a click is looked up by.
struct ClickKeys: BitwiseCopyable {
  var user: HashKey
  var product: HashKey
  var origin: HashKey
  /// To be confirmed; 0 for nobody.
  var likelyUser: UInt32 = 0

  @inline(__always)
  init(of click: UnsafePointer<ClickRecord>, _ hash: KeyedHash) {
    user = hash.user(click.pointee.message, click.pointee.userID)
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
  var user: HashKey
  /// To be confirmed; 0 for nobody.
  var likelyUser: UInt32 = 0

  @inline(__always)
  init(of checkout: UnsafePointer<CheckoutRecord>, _ hash: KeyedHash) {
    user = hash.user(checkout.pointee.message, checkout.pointee.userID)
  }
}

extension KeyedHash {
  @inline(__always)
  fileprivate func user(_ message: UnsafeRawPointer, _ id: ByteSlice) -> HashKey {
    fold(message + id.start, id.count, into: fingerprint(id.length))
  }
}
