internal import CScan

/// Asking for memory before it is needed: what one waits for takes longer than what one computes.
extension FirstClick {
  /// How far ahead records are asked for, and their messages, whose place they tell.
  @inline(__always) var recordsAhead: Int { 16 }
  @inline(__always) var messagesAhead: Int { 8 }

  /// Asks for a record, which may lie behind the last one.
  @inline(__always) func prefetchRecord<Record>(_ record: UnsafePointer<Record>) {
    prefetch(record)
    prefetch(UnsafeRawPointer(record) + (MemoryLayout<Record>.size &- 1))
  }

  /// Asks for the start of a message: the thread that decoded it may have been another.
  @inline(__always) func prefetchMessage(_ message: UnsafeRawPointer) {
    prefetch(message)
    prefetch(message + 64)
  }

  /// Asks for a click with its time, which is kept elsewhere; 0 for none.
  @inline(__always) func prefetchClick(_ cell: UInt32) {
    guard cell != 0 else { return }
    prefetchLines(of: cell, byteCount: Click.commonBytes)
    prefetch(cells.blocks.baseTime(of: cell))
  }

  /// Asks for a pending checkout, without its fields.
  @inline(__always) func prefetchPending(_ checkout: UInt32) {
    prefetchLines(of: checkout, byteCount: Pending.fieldsOffset)
  }

  /// A record may stand in two cache lines.
  @inline(__always) private func prefetchLines(of reference: UInt32, byteCount: Int) {
    prefetch(cells.blocks.pointer(reference))
    prefetch(cells.blocks.pointer(reference) + (byteCount &- 1))
  }
}
