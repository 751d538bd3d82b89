extension RecordBatch {
  /// PostgreSQL can hold no row of 1 GiB, so it gets no message that could grow to one.
  static var maximumByteCount: Int { 1 << 28 }

  /// Appends the message as a record if its values can be read, otherwise as a reject.
  @inline(__always)
  mutating func append(
    _ message: UnsafeMutableRawPointer,
    byteCount: Int,
    offset: Int64,
    reading values: () throws(RejectReason) -> FieldValues
  ) where Record: DecodableEvent {
    do throws(RejectReason) {
      guard byteCount <= Self.maximumByteCount else { throw .tooLong(byteCount) }
      let values = try values()
      records.append(
        Record(
          message: message,
          byteCount: Int32(truncatingIfNeeded: byteCount),
          offset: offset,
          values: values
        )
      )
    } catch {
      rejects.append(
        RejectedMessage(message: message, byteCount: byteCount, offset: offset, reason: error)
      )
    }
  }
}
