internal import Events

/// The event_id of a record that is to be admitted, and where it is kept once it is.
struct Identity: BitwiseCopyable {
  let id: PackedID
  let key: HashKey
  let text: UnsafeRawPointer
  let time: Int64
  /// The id is known where a cell from one of these times to the other has it, inclusive.
  let knownStart: Int64
  let knownEnd: Int64
  /// 0 and nil unless it is admitted.
  var cell: UInt32 = 0
  var bucket: UnsafeMutablePointer<Buckets.Bucket>?

  @inline(__always)
  init(
    _ text: UnsafeRawPointer,
    _ count: Int,
    at time: Int64,
    known: ClosedRange<Int64>,
    _ hash: KeyedHash,
    _ patterns: IDPatterns
  ) {
    id = patterns.pack(text, count)
    key = hash.id(id, text)
    self.text = text
    self.time = time
    knownStart = known.lowerBound
    knownEnd = known.upperBound
  }

  @inline(__always)
  func isKnown(as cell: UInt32, _ kind: UInt32, in blocks: ChunkArena.Blocks) -> Bool {
    guard blocks.hasID(cell, kind, id, text) else { return false }
    let cellTime = blocks.time(of: cell)
    return knownStart <= cellTime && cellTime <= knownEnd
  }
}

extension ChunkArena {
  /// Adds what is kept of the id to a bucket, as a click of which only this is filled in (kind 0) or
  /// as a `CheckoutID`.
  @inline(__always)
  mutating func addCell(
    of identity: Identity,
    _ kind: UInt32,
    in bucket: UnsafeMutablePointer<Buckets.Bucket>
  ) -> UInt32 {
    let idOffset = kind == 0 ? Click.idOffset : CheckoutID.idOffset
    let code = identity.id.code
    let cell = allocate(
      kind == 0 ? Click.byteCount(idCode: code) : CheckoutID.byteCount(idCode: code),
      in: &bucket.pointee.cells,
      baseTime: bucket.pointee.start
    )
    let memory = blocks.pointer(cell)
    memory.storeBytes(
      of: bucket.pointee.offset(of: identity.time) << 8 | kind | code,
      as: UInt32.self
    )
    identity.id.write(identity.text, to: memory + idOffset)
    return cell
  }
}
