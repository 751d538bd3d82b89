import Connect
import Dataflow
import Events

/// The stored events of one slice of event time; whoever refers to it keeps it.
final class RecentSlice {
  /// Slices count from 1970.
  let number: Int64
  var events = RecentSliceEvents()

  init(number: Int64) { self.number = number }
}

/// The stored events of one slice of event time.
///
/// ```
/// clicks              time | order | id | product | origin      found by user and by id
/// checkouts           time | order | COPY fields                the same
/// products, origins   what an answer says of a click, each distinct run of fields once
/// bytes               ids and COPY fields, one behind the other
/// ```
/// Texts are kept as COPY fields, so that an answer is copied together. A click takes 44 bytes and
/// its id; what it says of product and origin it shares with the slice's other clicks.
struct RecentSliceEvents: ~Copyable {
  struct Click: RecentEntry {
    var time: EventTime
    var order: Int64
    /// In `bytes`.
    var id: UInt32
    /// In `bytes`: product_id, product_name and product_category; referrer and device_type.
    var product: UInt32
    var origin: UInt32
    var idByteCount: UInt8
    /// Changes no answer: it is here to recognise its resends.
    var isDropped: Bool
  }

  struct Checkout: RecentEntry {
    var time: EventTime
    var order: Int64
    /// In `bytes`: checkout_id, user_id, checkout_timestamp and revenue.
    var fields: UInt32
    var fieldsByteCount: UInt16
    var idByteCount: UInt8
    /// Has no answer, or none under this time.
    var isDropped: Bool

    /// Where the id stands in `bytes`: behind its byte count.
    var id: UInt32 { fields &+ 4 }
  }

  private(set) var clicks = RecentColumns<Click>()
  private(set) var checkouts = RecentColumns<Checkout>()
  private var products = TextOffsets()
  private var origins = TextOffsets()
  private var bytes = CopyBuffer()

  /// Memory held, in bytes.
  var byteCount: Int {
    bytes.capacity + clicks.byteCount + checkouts.byteCount + products.byteCount
      + origins.byteCount
  }

  // MARK: Adding

  /// Adds clicks that were read one after the other, the first one `after` so many events.
  ///
  /// - Returns: the number of the last one.
  mutating func add(
    _ records: ArraySlice<ClickRecord>,
    after order: Int64,
    isDropped: Bool
  ) -> Int {
    var order = order
    for record in records {
      order &+= 1
      let entry = Click(
        time: record.time,
        order: order,
        id: append(record.eventID, of: record.message),
        product: product(of: record),
        origin: origin(of: record),
        idByteCount: UInt8(truncatingIfNeeded: record.eventID.length),
        isDropped: isDropped
      )
      clicks.append(
        entry,
        user: record.userID.fingerprint(of: record.message),
        id: UInt32(truncatingIfNeeded: record.eventID.fingerprint(of: record.message))
      )
    }
    return clicks.entries.count - 1
  }

  /// Adds checkouts, as above.
  mutating func add(
    _ records: ArraySlice<CheckoutRecord>,
    after order: Int64,
    isDropped: Bool
  ) -> Int {
    var order = order
    for record in records {
      order &+= 1
      let start = bytes.count
      // Two ids with their byte counts, a time and an amount.
      var cursor = bytes.reserve(Int(record.eventID.length + record.userID.length) + 8 + 64)
      cursor.text(record.eventID, of: record.message)
      cursor.text(record.userID, of: record.message)
      cursor.time(record.time)
      cursor.money(record.totalAmount)
      bytes.commit(to: cursor)
      let entry = Checkout(
        time: record.time,
        order: order,
        fields: UInt32(truncatingIfNeeded: start),
        fieldsByteCount: UInt16(truncatingIfNeeded: bytes.count - start),
        idByteCount: UInt8(truncatingIfNeeded: record.eventID.length),
        isDropped: isDropped
      )
      checkouts.append(
        entry,
        user: record.userID.fingerprint(of: record.message),
        id: UInt32(truncatingIfNeeded: record.eventID.fingerprint(of: record.message))
      )
    }
    return checkouts.entries.count - 1
  }

  mutating func drop(_ number: Int, of stream: StreamKind) {
    switch stream {
    case .clicks: clicks.drop(number)
    case .checkouts: checkouts.drop(number)
    }
  }

  // MARK: Adding texts

  /// Bytes kept here, valid until the next change.
  func bytes(at offset: UInt32, count: Int) -> UnsafeRawBufferPointer {
    bytes.bytes.part(at: offset, count: count)
  }

  @inline(__always)
  private mutating func append(_ text: ByteSlice, of message: UnsafeRawPointer) -> UInt32 {
    let start = bytes.count
    var cursor = bytes.reserve(Int(text.length) + 4)
    cursor.text(text, of: message)
    bytes.commit(to: cursor)
    return UInt32(truncatingIfNeeded: start &+ 4)
  }

  @inline(__always)
  private mutating func product(of record: ClickRecord) -> UInt32 {
    let key = ByteSlice.fingerprint(
      record.productID,
      record.productName,
      record.productCategory,
      of: record.message
    )
    if let known = products.offset(of: key) { return known }
    let start = UInt32(truncatingIfNeeded: bytes.count)
    // The fields are disjoint parts of the message, each with a byte count before it.
    var cursor = bytes.reserve(Int(record.byteCount) + 12)
    cursor.text(record.productID, of: record.message)
    cursor.text(record.productName, of: record.message)
    cursor.text(record.productCategory, of: record.message)
    bytes.commit(to: cursor)
    products.insert(key, at: start)
    return start
  }

  @inline(__always)
  private mutating func origin(of record: ClickRecord) -> UInt32 {
    let key = ByteSlice.fingerprint(
      record.referrer,
      record.deviceType,
      .absent,
      of: record.message
    )
    if let known = origins.offset(of: key) { return known }
    let start = UInt32(truncatingIfNeeded: bytes.count)
    var cursor = bytes.reserve(Int(record.byteCount) + 8)
    cursor.text(record.referrer, of: record.message)
    cursor.text(record.deviceType, of: record.message)
    bytes.commit(to: cursor)
    origins.insert(key, at: start)
    return start
  }
}
