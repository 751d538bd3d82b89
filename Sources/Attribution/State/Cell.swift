internal import Dataflow
internal import Events

/// A click in state, followed by what is kept of its event_id (`PackedID`).
///
/// Written once when it is read, and never moved: the user's chain, the deduplication and the
/// answers refer to it by its reference in the arena.
///
/// ```
/// stamp   microseconds since the start of its bucket (24) | is a checkout (1) | code of the id (7)
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
  /// With an id that is kept as a number.
  static let commonBytes = idOffset + 8
  static func byteCount(idCode: UInt32) -> Int {
    (idOffset + PackedID.byteCount(code: idCode) + 3) & ~3
  }
}

/// What remains of a checkout to recognise duplicates: a stamp, then what is kept of its event_id.
enum CheckoutID {
  static let flag: UInt32 = 1 << 7
  static let idOffset = 4
  static func byteCount(idCode: UInt32) -> Int {
    (idOffset + PackedID.byteCount(code: idCode) + 3) & ~3
  }
}

/// A checkout that is not settled yet, followed by its COPY fields (see `Answer.checkoutFields`).
struct Pending: BitwiseCopyable {
  var time: Int64
  /// The user's next pending checkout in his list, in no order.
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
  /// A multiple of 8, as the next one's time is aligned to that.
  static func byteCount(fields: Int) -> Int { (fieldsOffset + fields + 7) & ~7 }
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
    baseTime(of: reference).pointee
      &+ Int64(pointer(reference).load(as: UInt32.self) &>> 8)
  }

  /// Where a click or a checkout keeps its event_id, and the code.
  @inline(__always)
  private func keptID(_ reference: UInt32) -> (code: UInt32, place: UnsafeRawPointer) {
    let cell = UnsafeRawPointer(pointer(reference))
    let stamp = cell.load(as: UInt32.self)
    let offset = stamp & CheckoutID.flag == 0 ? Click.idOffset : CheckoutID.idOffset
    return (stamp & 127, cell + offset)
  }

  /// Whether the cell is a click (0) or a checkout's id (`CheckoutID.flag`).
  @inline(__always) func isKind(_ reference: UInt32, _ kind: UInt32) -> Bool {
    pointer(reference).load(as: UInt32.self) & CheckoutID.flag == kind
  }

  /// The hash of a cell's event_id.
  @inline(__always) func idKey(of reference: UInt32, _ hash: KeyedHash) -> HashKey {
    let kept = keptID(reference)
    return hash.id(PackedID(code: kept.code, at: kept.place), kept.place)
  }

  /// True when the cell is of this kind and has this event_id, whose text is at `text`.
  @inline(__always)
  func hasID(
    _ reference: UInt32,
    _ kind: UInt32,
    _ id: PackedID,
    _ text: UnsafeRawPointer
  ) -> Bool {
    let cell = UnsafeRawPointer(pointer(reference))
    guard cell.load(as: UInt32.self) & 0xFF == kind | id.code else { return false }
    let place = cell + (kind == 0 ? Click.idOffset : CheckoutID.idOffset)
    if !id.isNumber { return text.holdsSameBytes(as: place, count: Int(id.code)) }
    return place.word(at: 0) == id.first
      && (id.code < PackedID.allDigits || place.word(at: 8) == id.second)
  }

  /// Writes the event_id of a click or a checkout as text; returns its byte count, 100 at most.
  func writeID(of reference: UInt32, to target: UnsafeMutableRawPointer) -> Int {
    let kept = keptID(reference)
    return patterns.write(kept.code, keptAt: kept.place, to: target)
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
    let (leftKept, rightKept) = (keptID(left), keptID(right))
    let leftID = PackedID(code: leftKept.code, at: leftKept.place)
    let rightID = PackedID(code: rightKept.code, at: rightKept.place)
    if leftID.isNumber && leftID.code == rightID.code {
      return (leftID.first, leftID.second) < (rightID.first, rightID.second)
    }
    return withUnsafeTemporaryAllocation(byteCount: 2 * PackedID.mostBytes, alignment: 8) { texts in
      guard let leftText = texts.baseAddress else { return false }
      let rightText = leftText + PackedID.mostBytes
      let leftCount = writeID(of: left, to: leftText)
      let rightCount = writeID(of: right, to: rightText)
      return UnsafeRawPointer(leftText).precedes(
        count: leftCount,
        rightText,
        otherCount: rightCount
      )
    }
  }
}
