import Connect
import Dataflow
import Events

/// What one may want to know of an encoded row of `raw_checkouts`.
struct RawCheckoutRow {
  /// Valid as long as the row's memory.
  let userID: UnsafeRawBufferPointer
  let time: EventTime

  private static let timeField = CheckoutRecord.columns.firstIndex(of: "event_timestamp") ?? 0

  /// Reads the row, whose header comes first.
  init(_ row: Slice<UnsafeRawBufferPointer>) {
    var reader = CopyFieldReader(UnsafeRawBufferPointer(rebasing: row.dropFirst(2)))
    _ = reader.next()
    // Every row has both.
    userID = reader.next() ?? UnsafeRawBufferPointer(start: nil, count: 0)
    for _ in 2..<Self.timeField { _ = reader.next() }
    let time = reader.next()?.loadUnaligned(as: Int64.self) ?? 0
    self.time = EventTime(postgresMicroseconds: Int64(bigEndian: time))
  }
}
