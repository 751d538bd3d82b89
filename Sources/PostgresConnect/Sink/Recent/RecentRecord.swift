import Connect
import Events

/// A record as the recent events take it, whatever its stream.
protocol RecentRecord: CopyRow {
  static var stream: StreamKind { get }
  /// Adds events that were read one after the other, the first one `after` so many.
  ///
  /// - Returns: the number of the last one.
  @discardableResult
  static func add(
    _ records: ArraySlice<Self>,
    to events: inout RecentSliceEvents,
    after order: Int64,
    isDropped: Bool
  ) -> Int
}

extension ClickRecord: RecentRecord {
  static var stream: StreamKind { .clicks }

  static func add(
    _ records: ArraySlice<ClickRecord>,
    to events: inout RecentSliceEvents,
    after order: Int64,
    isDropped: Bool
  ) -> Int {
    events.add(records, after: order, isDropped: isDropped)
  }
}

extension CheckoutRecord: RecentRecord {
  static var stream: StreamKind { .checkouts }

  static func add(
    _ records: ArraySlice<CheckoutRecord>,
    to events: inout RecentSliceEvents,
    after order: Int64,
    isDropped: Bool
  ) -> Int {
    events.add(records, after: order, isDropped: isDropped)
  }
}
