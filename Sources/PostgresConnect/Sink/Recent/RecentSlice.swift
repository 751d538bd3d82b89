import Dataflow
import Events

/// The stored events of one slice of event time, found by user.
///
/// ```
/// users      hash | id | last click | last checkout
///                          |             +-> checkouts   time | COPY fields | the user's former one
///                          +-> clicks   time | id | origin of the answer | the user's former one
/// answers    product and origin fields, each distinct run once
/// bytes      ids and COPY fields, one behind the other
/// ```
/// Texts are kept as COPY fields, so that an answer is copied together. A click takes 32 bytes and
/// its id; what it says of product and origin is shared with the slice's other clicks.
final class RecentSlice {
  struct Click {
    var time: EventTime
    /// In `bytes`.
    var id: UInt32
    /// In `origins`.
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
  }

  struct User {
    var hash: Int
    var id: UInt32
    var idByteCount: UInt8
    /// Number + 1 of the last one, or 0.
    var click: UInt32 = 0
    var checkout: UInt32 = 0
  }

  struct Origin {
    var hash: Int
    var fields: UInt32
    var productByteCount: UInt32
    var byteCount: UInt32
  }

  /// Slices count from 1970.
  let number: Int64
  private(set) var clicks: [Click] = []
  private(set) var checkouts: [Checkout] = []
  private(set) var users: [User] = []
  private var userSlots = SlotTable()
  private(set) var origins: [Origin] = []
  private var originSlots = SlotTable()
  private var bytes = CopyBuffer()

  init(number: Int64) { self.number = number }

  /// Memory held, in bytes.
  var byteCount: Int {
    bytes.capacity + clicks.capacity * MemoryLayout<Click>.stride
      + checkouts.capacity * MemoryLayout<Checkout>.stride
      + users.capacity * MemoryLayout<User>.stride + userSlots.byteCount
      + origins.capacity * MemoryLayout<Origin>.stride + originSlots.byteCount
  }

  // MARK: Adding

  /// - Returns: its number.
  @discardableResult
  func add(_ record: ClickRecord, of key: RecentUser, epoch: UInt32, isDropped: Bool) -> Int {
    let user = user(key)
    let id = record.bytes(record.eventID)
    clicks.append(
      Click(
        time: record.time,
        id: append(id),
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
  func add(_ record: CheckoutRecord, of key: RecentUser, epoch: UInt32, isDropped: Bool) -> Int {
    let user = user(key)
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

  func dropClick(_ number: Int) { clicks[number].isDropped = true }
  func dropCheckout(_ number: Int) { checkouts[number].isDropped = true }

  /// Bytes kept here, valid until the next change.
  func bytes(at offset: UInt32, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes.bytes[Int(offset)..<Int(offset) + count])
  }

  private func append(_ text: UnsafeRawBufferPointer) -> UInt32 {
    let start = bytes.count
    var cursor = bytes.reserve(text.count)
    cursor.fields(text)
    bytes.commit(to: cursor)
    return UInt32(truncatingIfNeeded: start)
  }

  private func user(_ key: RecentUser) -> Int {
    if let user = find(key) { return user }
    users.append(
      User(hash: key.hash, id: append(key.id), idByteCount: UInt8(truncatingIfNeeded: key.id.count))
    )
    let user = users.count - 1
    userSlots.insert(user, hash: key.hash) { users[$0].hash }
    return user
  }

  /// The number of a user that has events in this slice.
  func find(_ key: RecentUser) -> Int? {
    userSlots.find(key.hash) {
      users[$0].hash == key.hash
        && bytes(at: users[$0].id, count: Int(users[$0].idByteCount)).holdsSame(as: key.id)
    }
  }

  /// The number of the click's product and origin fields, which are added where they are new.
  private func origin(of record: ClickRecord) -> UInt32 {
    // The fields are disjoint parts of the message, each with a byte count before it.
    var cursor = bytes.reserve(Int(record.byteCount) + 20)
    cursor.text(record.productID, of: record.message)
    cursor.text(record.productName, of: record.message)
    cursor.text(record.productCategory, of: record.message)
    let productByteCount = cursor.next - bytes.end
    cursor.text(record.referrer, of: record.message)
    cursor.text(record.deviceType, of: record.message)
    let fields = UnsafeRawBufferPointer(start: bytes.end, count: cursor.next - bytes.end)

    let hash = RecentUser.hash(fields)
    let known = originSlots.find(hash) {
      origins[$0].hash == hash
        && bytes(at: origins[$0].fields, count: Int(origins[$0].byteCount)).holdsSame(as: fields)
    }
    if let known { return UInt32(truncatingIfNeeded: known) }
    let start = bytes.count
    bytes.commit(to: cursor)
    origins.append(
      Origin(
        hash: hash,
        fields: UInt32(truncatingIfNeeded: start),
        productByteCount: UInt32(truncatingIfNeeded: productByteCount),
        byteCount: UInt32(truncatingIfNeeded: fields.count)
      )
    )
    originSlots.insert(origins.count - 1, hash: hash) { origins[$0].hash }
    return UInt32(truncatingIfNeeded: origins.count - 1)
  }
}
