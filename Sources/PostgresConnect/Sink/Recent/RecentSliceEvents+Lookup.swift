import Dataflow
import Events

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension RecentSliceEvents {
  func id(of entry: some RecentEntry) -> UnsafeRawBufferPointer {
    bytes(at: entry.id, count: Int(entry.idByteCount))
  }

  /// product_id, product_name and product_category; then referrer and device_type.
  func originFields(
    of click: Click
  ) -> (product: UnsafeRawBufferPointer, origin: UnsafeRawBufferPointer) {
    (fields(3, at: click.product), fields(2, at: click.origin))
  }

  /// So many COPY fields.
  private func fields(_ count: Int, at offset: UInt32) -> UnsafeRawBufferPointer {
    var end = offset
    for _ in 0..<count {
      let length = bytes(at: end, count: 4).loadUnaligned(as: Int32.self)
      end += 4 + UInt32(max(Int32(bigEndian: length), 0))
    }
    return bytes(at: offset, count: Int(end - offset))
  }

  /// checkout_id, user_id, checkout_timestamp and revenue.
  func fields(of checkout: Checkout) -> UnsafeRawBufferPointer {
    bytes(at: checkout.fields, count: Int(checkout.fieldsByteCount))
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
