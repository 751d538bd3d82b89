internal import Events

/// The event_id of a record that is to be admitted, and where it is kept once it is.
struct Identity: BitwiseCopyable {
  let id: PackedID
  let key: HashKey
  let text: UnsafeRawPointer
  let time: Int64
  /// 0 and nil unless it is admitted.
  var cell: UInt32 = 0
  var bucket: UnsafeMutablePointer<Buckets.Bucket>?

  @inline(__always)
  init(
    _ text: UnsafeRawPointer,
    _ count: Int,
    at time: Int64,
    _ hash: KeyedHash,
    _ patterns: IDPatterns
  ) {
    id = patterns.pack(text, count)
    key = hash.id(id, text)
    self.text = text
    self.time = time
  }

  @inline(__always)
  func isKnown(
    as cell: UInt32,
    _ kind: UInt32,
    _ times: KnownTimes,
    in blocks: ChunkArena.Blocks
  ) -> Bool {
    blocks.hasID(cell, kind, id, text) && times.include(blocks.time(of: cell), for: time)
  }
}

/// The times under which an id in state is known.
struct KnownTimes: BitwiseCopyable {
  /// Before this, ids are forgotten.
  var start = Int64.min
  /// A rebuild only takes for duplicates what has the same time: it does not know what was in the
  /// state when the record was read first, and is told of the others.
  var isSameOnly = false

  @inline(__always) func include(_ cellTime: Int64, for time: Int64) -> Bool {
    isSameOnly ? cellTime == time : cellTime >= start
  }
}

extension ChunkArena {
  /// Adds what is kept of the id to a bucket, as a click of which only this is filled in (kind 0) or
  /// as a `CheckoutID`.
  @inline(__always)
  mutating func addCell(
    of identity: UnsafePointer<Identity>,
    _ kind: UInt32,
    in bucket: UnsafeMutablePointer<Buckets.Bucket>
  ) -> UInt32 {
    let idOffset = kind == 0 ? Click.idOffset : CheckoutID.idOffset
    let code = identity.pointee.id.code
    let cell = allocate(
      kind == 0 ? Click.byteCount(idCode: code) : CheckoutID.byteCount(idCode: code),
      in: &bucket.pointee.cells,
      baseTime: bucket.pointee.start
    )
    let memory = blocks.pointer(cell)
    memory.storeBytes(
      of: bucket.pointee.offset(of: identity.pointee.time) << 8 | kind | code,
      as: UInt32.self
    )
    identity.pointee.id.write(identity.pointee.text, to: memory + idOffset)
    return cell
  }
}
