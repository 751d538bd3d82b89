internal import Dataflow
internal import Events

/// A click in state, followed by the bytes of its event_id.
///
/// Written once when it is read, and never moved: the user's chain, the deduplication and the
/// answers refer to it by its reference in the arena.
///
/// ```
/// stamp   microseconds since the start of its bucket (24) | is a checkout (1) | length of the id (7)
/// ```
struct Click: BitwiseCopyable {
  var stamp: UInt32
  /// The user's next click by (time, event_id), once it is replayed.
  var next: UInt32 = 0
  /// 0 when it is in no chain (any more): then it only serves to recognise duplicates.
  var user: UInt32
  /// Interned product_id, product_name, product_category; 0 if `user` was never set.
  var product: UInt32
  /// Interned referrer, device_type.
  var origin: UInt32

  static let idOffset = 20
  static func byteCount(idLength: Int) -> Int { (idOffset + idLength + 3) & ~3 }
}

/// What remains of a checkout to recognise duplicates: a stamp, then the bytes of its event_id.
enum CheckoutID {
  static let flag: UInt32 = 1 << 7
  static let idOffset = 4
  static func byteCount(idLength: Int) -> Int { (idOffset + idLength + 3) & ~3 }
}

/// A checkout that is not settled yet, followed by its COPY fields (see `Answer.checkoutFields`).
struct Pending: BitwiseCopyable {
  /// Microseconds since the start of its bucket.
  var offset: UInt32
  var user: UInt32
  /// The user's next pending checkout, in no order; unused in a timeline.
  var next: UInt32 = 0
  /// The first click among those read so far, and how many are in the window, about (early rows).
  var first: UInt32 = 0
  var count: Int32 = 0
  /// What was handed over last; `handedCount` is -1 when only the stored row knows it.
  var handedFirst: UInt32 = 0
  var handedCount: Int32 = 0
  var fieldsByteCount: UInt16 = 0
  var isHandedOver = false
  /// On the list of changed checkouts.
  var isChanged = false
  var isSettled = false

  static let fieldsOffset = 36
  static func byteCount(fields: Int) -> Int { (fieldsOffset + fields + 3) & ~3 }
}

extension ChunkArena.Blocks {
  @inline(__always) func click(_ reference: UInt32) -> UnsafeMutablePointer<Click> {
    pointer(reference).assumingMemoryBound(to: Click.self)
  }

  @inline(__always) func pending(_ reference: UInt32) -> UnsafeMutablePointer<Pending> {
    pointer(reference).assumingMemoryBound(to: Pending.self)
  }

  /// The event time of a click or a checkout's id.
  @inline(__always) func time(of reference: UInt32) -> Int64 {
    header(of: reference).pointee.baseTime
      &+ Int64(pointer(reference).load(as: UInt32.self) &>> 8)
  }

  /// The event time of a checkout that is not settled yet.
  @inline(__always) func time(ofPending reference: UInt32) -> Int64 {
    header(of: reference).pointee.baseTime &+ Int64(pending(reference).pointee.offset)
  }

  /// The event_id of a click or a checkout.
  @inline(__always) func id(_ reference: UInt32) -> UnsafeRawBufferPointer {
    let cell = UnsafeRawPointer(pointer(reference))
    let stamp = cell.load(as: UInt32.self)
    return UnsafeRawBufferPointer(
      start: cell + (stamp & CheckoutID.flag == 0 ? Click.idOffset : CheckoutID.idOffset),
      count: Int(stamp & 127)
    )
  }

  func pendingFields(_ reference: UInt32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: pointer(reference) + Pending.fieldsOffset,
      count: Int(pending(reference).pointee.fieldsByteCount)
    )
  }

  /// The order of the first click: by time, then by event_id, bytewise.
  func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
    let leftTime = time(of: left)
    let rightTime = time(of: right)
    if leftTime != rightTime { return leftTime < rightTime }
    return idPrecedes(left, right)
  }

  func idPrecedes(_ left: UInt32, _ right: UInt32) -> Bool {
    let leftID = id(left)
    let rightID = id(right)
    guard let leftBytes = leftID.baseAddress, let rightBytes = rightID.baseAddress
    else { return leftID.count < rightID.count }
    return leftBytes.precedes(count: leftID.count, rightBytes, otherCount: rightID.count)
  }
}
