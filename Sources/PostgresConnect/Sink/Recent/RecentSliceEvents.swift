import Dataflow
import Events

/// The stored events of one slice of event time; whoever refers to it keeps it.
final class RecentSlice {
  /// Slices count from 1970.
  let number: Int64
  var events = RecentSliceEvents()

  init(number: Int64) { self.number = number }
}

/// The stored events of one slice, found by user and by id.
///
/// ```
/// users      fingerprint | last click | last checkout
///                            |             +-> checkouts   time | COPY fields | the user's former one
///                            +-> clicks   time | id | product | origin | the user's former one
/// products, origins   what an answer says of a click, each distinct run of fields once
/// bytes               ids and COPY fields, one behind the other
/// ```
/// Texts are kept as COPY fields, so that an answer is copied together. A click takes 32 bytes and
/// its id; what it says of product and origin it shares with the slice's other clicks.
struct RecentSliceEvents: ~Copyable {
  struct Click {
    var time: EventTime
    /// In `bytes`.
    var id: UInt32
    /// In `products` and in `origins`.
    var product: UInt32
    var origin: UInt32
    /// Number + 1 of the user's former click in this slice, or 0.
    var former: UInt32
    var epoch: UInt32
    var idByteCount: UInt8
    /// Changes no answer: it is here to recognise its resends.
    var isDropped: Bool
  }

  struct Checkout {
    var time: EventTime
    /// In `bytes`: checkout_id, user_id, checkout_timestamp and revenue.
    var fields: UInt32
    /// Number + 1 of the user's former checkout in this slice, or 0.
    var former: UInt32
    var epoch: UInt32
    var fieldsByteCount: UInt16
    var idByteCount: UInt8
    /// Has no answer, or none under this time.
    var isDropped: Bool

    /// Where the id stands in `bytes`: behind its byte count.
    var id: UInt32 { fields &+ 4 }
  }

  struct User {
    var key: HashKey
    /// Number + 1 of the last one, or 0.
    var click: UInt32 = 0
    var checkout: UInt32 = 0
  }

  private(set) var clicks: [Click] = []
  private(set) var checkouts: [Checkout] = []
  private(set) var users: [User] = []
  private var userSlots = SlotTable()
  /// product_id, product_name and product_category.
  private(set) var products = TextTable()
  /// referrer and device_type.
  private(set) var origins = TextTable()
  private var bytes = CopyBuffer()
  private var clickIDs = LazyIDIndex()
  private var checkoutIDs = LazyIDIndex()

  /// Memory held, in bytes.
  var byteCount: Int {
    bytes.capacity + clicks.capacity * MemoryLayout<Click>.stride
      + checkouts.capacity * MemoryLayout<Checkout>.stride
      + users.capacity * MemoryLayout<User>.stride + userSlots.byteCount
      + products.byteCount + origins.byteCount
      + clickIDs.byteCount + checkoutIDs.byteCount
  }

  // MARK: Adding

  /// - Returns: its number.
  @discardableResult
  mutating func add(_ record: ClickRecord, epoch: UInt32, isDropped: Bool) -> Int {
    let user = user(RecentUser(of: record))
    let id = record.bytes(record.eventID)
    clicks.append(
      Click(
        time: record.time,
        id: append(id),
        product: product(of: record),
        origin: origin(of: record),
        former: users[user].click,
        epoch: epoch,
        idByteCount: UInt8(truncatingIfNeeded: id.count),
        isDropped: isDropped
      )
    )
    users[user].click = UInt32(truncatingIfNeeded: clicks.count)
    return clicks.count - 1
  }

  /// - Returns: its number.
  @discardableResult
  mutating func add(_ record: CheckoutRecord, epoch: UInt32, isDropped: Bool) -> Int {
    let user = user(RecentUser(of: record))
    let start = bytes.count
    // Two ids with their byte counts, a time and an amount.
    var cursor = bytes.reserve(Int(record.eventID.length + record.userID.length) + 8 + 64)
    cursor.text(record.eventID, of: record.message)
    cursor.text(record.userID, of: record.message)
    cursor.time(record.time)
    cursor.money(record.totalAmount)
    bytes.commit(to: cursor)
    checkouts.append(
      Checkout(
        time: record.time,
        fields: UInt32(truncatingIfNeeded: start),
        former: users[user].checkout,
        epoch: epoch,
        fieldsByteCount: UInt16(truncatingIfNeeded: bytes.count - start),
        idByteCount: UInt8(truncatingIfNeeded: record.eventID.length),
        isDropped: isDropped
      )
    )
    users[user].checkout = UInt32(truncatingIfNeeded: checkouts.count)
    return checkouts.count - 1
  }

  mutating func dropClick(_ number: Int) { clicks[number].isDropped = true }
  mutating func dropCheckout(_ number: Int) { checkouts[number].isDropped = true }

  // MARK: Looking ids up

  /// True when a click with this id is here, of whatever user and time.
  mutating func holdsClick(_ id: UnsafeRawBufferPointer, hash: UInt32) -> Bool {
    let (clicks, bytes) = (clicks, bytes.bytes)
    return clickIDs.holds(id, hash: hash, among: clicks.count) {
      bytes.part(at: clicks[$0].id, count: Int(clicks[$0].idByteCount))
    }
  }

  /// True when a checkout with this id is here, of whatever user and time.
  mutating func holdsCheckout(_ id: UnsafeRawBufferPointer, hash: UInt32) -> Bool {
    let (checkouts, bytes) = (checkouts, bytes.bytes)
    return checkoutIDs.holds(id, hash: hash, among: checkouts.count) {
      bytes.part(at: checkouts[$0].id, count: Int(checkouts[$0].idByteCount))
    }
  }

  // MARK: Adding texts

  /// Bytes kept here, valid until the next change.
  func bytes(at offset: UInt32, count: Int) -> UnsafeRawBufferPointer {
    bytes.bytes.part(at: offset, count: count)
  }

  private mutating func append(_ text: UnsafeRawBufferPointer) -> UInt32 {
    let start = bytes.count
    var cursor = bytes.reserve(text.count)
    cursor.fields(text)
    bytes.commit(to: cursor)
    return UInt32(truncatingIfNeeded: start)
  }

  private mutating func user(_ user: RecentUser) -> Int {
    if let known = find(user) { return known }
    users.append(User(key: user.key))
    userSlots.insert(users.count - 1, hash: UInt32(truncatingIfNeeded: user.key)) {
      UInt32(truncatingIfNeeded: users[$0].key)
    }
    return users.count - 1
  }

  /// The number of a user that has events in this slice.
  @inline(__always)
  func find(_ user: RecentUser) -> Int? {
    userSlots.find(UInt32(truncatingIfNeeded: user.key)) { users[$0].key == user.key }
  }

  @inline(__always)
  private mutating func product(of record: ClickRecord) -> UInt32 {
    let key = record.fingerprint(record.productID, record.productName, record.productCategory)
    if let known = products.number(key) { return known }
    // The fields are disjoint parts of the message, each with a byte count before it.
    var cursor = bytes.reserve(Int(record.byteCount) + 12)
    cursor.text(record.productID, of: record.message)
    cursor.text(record.productName, of: record.message)
    cursor.text(record.productCategory, of: record.message)
    return products.add(key, textTo: cursor, in: &bytes)
  }

  @inline(__always)
  private mutating func origin(of record: ClickRecord) -> UInt32 {
    let key = record.fingerprint(record.referrer, record.deviceType, .absent)
    if let known = origins.number(key) { return known }
    var cursor = bytes.reserve(Int(record.byteCount) + 8)
    cursor.text(record.referrer, of: record.message)
    cursor.text(record.deviceType, of: record.message)
    return origins.add(key, textTo: cursor, in: &bytes)
  }
}
