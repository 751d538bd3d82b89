internal import CScan
internal import Dataflow
internal import Events

extension FirstClick {
  /// What becomes of an event by its id.
  enum Admission {
    /// Kept in this cell.
    case new(UInt32)
    case duplicate
    /// A duplicate under another time.
    case resent
  }

  /// Keeps an event's id in a cell of its bucket, for as long as that is in state, unless a cell of
  /// the same time has it, or one at or after `start`.
  @inline(__always)
  static func admit<Cell: IDCell>(
    as _: Cell.Type,
    _ id: IDKeys,
    at time: Int64,
    since start: Int64,
    _ buckets: inout Buckets,
    _ ids: inout IDIndex,
    _ cells: inout ChunkArena
  ) -> Admission {
    let place: IDIndex.Place
    switch ids.find(id, at: time, since: start) {
    case .place(let free): place = free
    case .cell(let other): return cells.blocks.time(of: other) == time ? .duplicate : .resent
    }
    let bucket = buckets.bucket(of: time)
    let cell = cells.allocate(
      Cell.byteCount(idCode: id.packed.code),
      in: &bucket.pointee.cells,
      baseTime: bucket.pointee.start
    )
    let memory = cells.blocks.pointer(cell)
    memory.storeBytes(
      of: bucket.pointee.offset(of: time) << 8 | Cell.flag | id.packed.code,
      as: UInt32.self
    )
    id.packed.write(id.text, to: memory + Cell.idOffset)
    ids.put(cell, at: place)
    return .new(cell)
  }
}
