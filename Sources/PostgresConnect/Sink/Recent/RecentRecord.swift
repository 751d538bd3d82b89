import Connect
import Events

/// A record as the recent events take it, whatever its stream.
protocol RecentRecord: CopyRow {
  static var stream: StreamKind { get }
  /// - Returns: its number.
  @discardableResult
  func add(to events: inout RecentSliceEvents, order: Int64, isDropped: Bool) -> Int
}

extension ClickRecord: RecentRecord {
  static var stream: StreamKind { .clicks }

  @inline(__always)
  func add(to events: inout RecentSliceEvents, order: Int64, isDropped: Bool) -> Int {
    events.add(self, order: order, isDropped: isDropped)
  }
}

extension CheckoutRecord: RecentRecord {
  static var stream: StreamKind { .checkouts }

  @inline(__always)
  func add(to events: inout RecentSliceEvents, order: Int64, isDropped: Bool) -> Int {
    events.add(self, order: order, isDropped: isDropped)
  }
}
