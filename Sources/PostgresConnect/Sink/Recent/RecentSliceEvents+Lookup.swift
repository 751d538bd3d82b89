import Dataflow
import Events

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension RecentSliceEvents {
  /// The numbers of the user's clicks, from the last one added to the first.
  @inline(__always)
  func forEachClick(of key: RecentUser, _ body: (Int) -> Void) {
    guard let user = find(key) else { return }
    var link = users[user].click
    while link != 0 {
      body(Int(link) - 1)
      link = clicks[Int(link) - 1].former
    }
  }

  /// The numbers of the user's checkouts, from the last one added to the first.
  @inline(__always)
  func forEachCheckout(of key: RecentUser, _ body: (Int) -> Void) {
    guard let user = find(key) else { return }
    var link = users[user].checkout
    while link != 0 {
      body(Int(link) - 1)
      link = checkouts[Int(link) - 1].former
    }
  }

  func id(ofClick number: Int) -> UnsafeRawBufferPointer {
    bytes(at: clicks[number].id, count: Int(clicks[number].idByteCount))
  }

  /// product_id, product_name and product_category; then referrer and device_type.
  func originFields(
    ofClick number: Int
  ) -> (product: UnsafeRawBufferPointer, origin: UnsafeRawBufferPointer) {
    let product = products.place(of: clicks[number].product)
    let origin = origins.place(of: clicks[number].origin)
    return (
      bytes(at: product.offset, count: product.byteCount),
      bytes(at: origin.offset, count: origin.byteCount)
    )
  }

  /// checkout_id, user_id, checkout_timestamp and revenue.
  func fields(ofCheckout number: Int) -> UnsafeRawBufferPointer {
    bytes(at: checkouts[number].fields, count: Int(checkouts[number].fieldsByteCount))
  }

  func id(ofCheckout number: Int) -> UnsafeRawBufferPointer {
    bytes(at: checkouts[number].id, count: Int(checkouts[number].idByteCount))
  }

  func userID(ofCheckout number: Int) -> UnsafeRawBufferPointer {
    var reader = CopyFieldReader(fields(ofCheckout: number))
    _ = reader.next()
    // Every checkout has a user.
    return reader.next() ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }
}

extension UnsafeRawBufferPointer {
  /// True when both hold the same bytes.
  @inline(__always)
  func holdsSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let left = baseAddress, let right = other.baseAddress else { return count == 0 }
    return memcmp(left, right, count) == 0
  }

  /// The bytewise order: the first byte that differs decides, then the shorter one comes first.
  func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
    guard let left = baseAddress, let right = other.baseAddress else { return count < other.count }
    let order = memcmp(left, right, Swift.min(count, other.count))
    return order == 0 ? count < other.count : order < 0
  }
}
