internal import CScan
internal import Dataflow
internal import Events

extension FirstClick {
  /// Keeps an event's id in a cell of its bucket, for as long as that is in state; 0 when a cell at
  /// or after `start` has it already.
  @inline(__always)
  static func admit<Cell: IDCell>(
    as _: Cell.Type,
    _ id: IDKeys,
    at time: Int64,
    since start: Int64,
    _ buckets: inout Buckets,
    _ ids: inout IDIndex,
    _ cells: inout ChunkArena
  ) -> UInt32 {
    guard let place = ids.place(for: id, bucket: buckets.number(of: time), since: start)
    else { return 0 }
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
    return cell
  }
}
