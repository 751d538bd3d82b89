import Connect
import FileInput

/// Lets partitions back into memory, as many at a time as a budget has room for, and one in any case.
///
/// In their order: the rows of a partition wait for those of the ones before, so none of these may
/// wait for room that a later one holds.
final class PartitionRoom: Sendable {
  private struct State {
    var next: Int
    var bytesInUse = 0
  }

  private let budget: Int
  private let state: Gate<State>

  /// - Parameters:
  ///   - first: the partition to begin with.
  ///   - budget: bytes.
  init(first: Int, budget: Int) {
    self.budget = budget
    state = Gate(State(next: first))
  }

  /// Waits until the partition may take so many bytes.
  func enter(_ partition: Int, byteCount: Int) throws(ConnectorError) {
    try state.wait { [budget] state -> Void? in
      guard state.next == partition,
        state.bytesInUse == 0 || state.bytesInUse + byteCount <= budget
      else { return nil }
      return ()
    }
    try state.update { state in
      state.next += 1
      state.bytesInUse += byteCount
    }
  }

  /// Gives the bytes back.
  func leave(byteCount: Int) throws(ConnectorError) {
    try state.update { $0.bytesInUse -= byteCount }
  }

  /// Wakes those who wait for what will never come.
  func fail(_ error: ConnectorError) { state.fail(error) }
}
