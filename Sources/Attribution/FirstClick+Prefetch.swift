internal import CScan

/// Asking for memory before it is needed: what one waits for takes longer than what one computes.
extension FirstClick {
  /// How far ahead messages are asked for.
  @inline(__always) var messagesAhead: Int { 8 }

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
