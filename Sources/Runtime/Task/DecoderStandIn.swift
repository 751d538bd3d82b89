import Events

/// Stands in for the decoders of `Events` until they land there: every message is rejected.
struct ClickDecoder {
  mutating func decode(
    lines: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout ClickBatch
  ) -> Int { lines.count }
  mutating func decode(
    message: UnsafeMutableRawBufferPointer?,
    offset: Int64,
    into batch: inout ClickBatch
  ) {}
}

/// As `ClickDecoder`.
struct CheckoutDecoder {
  mutating func decode(
    lines: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout CheckoutBatch
  ) -> Int { lines.count }
  mutating func decode(
    message: UnsafeMutableRawBufferPointer?,
    offset: Int64,
    into batch: inout CheckoutBatch
  ) {}
}
