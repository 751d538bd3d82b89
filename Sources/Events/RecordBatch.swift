/// Records decoded from one run of messages, in log order, and the messages that did not fit.
package struct RecordBatch<Record: EventRecord> {
  package var records: [Record] = []
  package var rejects: [RejectedMessage] = []

  package init() {}

  /// Forgets the records and keeps the memory.
  @inlinable package mutating func removeAll() {
    records.removeAll(keepingCapacity: true)
    rejects.removeAll(keepingCapacity: true)
  }
}

package typealias ClickBatch = RecordBatch<ClickRecord>
package typealias CheckoutBatch = RecordBatch<CheckoutRecord>

/// A message that is not an event: it goes to `dead_letters` with its reason.
package struct RejectedMessage {
  /// The message's bytes, unchanged; nil for a null payload.
  package var message: UnsafeRawPointer?
  package var byteCount: Int
  package var offset: Int64
  /// Where the log has it, in the log's own words; nil where the offset says it.
  package var place: String?
  package var reason: RejectReason

  @inlinable package init(
    message: UnsafeRawPointer?,
    byteCount: Int,
    offset: Int64,
    reason: RejectReason
  ) {
    self.message = message
    self.byteCount = byteCount
    self.offset = offset
    self.reason = reason
  }
}
