import Connect

/// What stands in front of the records that one chunk gave to a partition, in input order.
///
/// ```
/// key (8) | byte count of the records (8) | records ...
/// key     stream (1 bit) | file order (19 bits) | offset of the chunk (44 bits)
/// ```
struct RunHeader: BitwiseCopyable {
  static let byteCount = 16
  static let maximumFileCount = 1 << 19

  /// Sorts runs: clicks first, then by file and offset.
  var key: UInt64
  var byteCount: UInt64

  static func key(_ stream: StreamKind, order: Int, offset: Int64) -> UInt64 {
    (stream == .clicks ? 0 : 1) << 63 | UInt64(order) << 44 | UInt64(offset)
  }

  static func stream(of key: UInt64) -> StreamKind { key >> 63 == 0 ? .clicks : .checkouts }
}
