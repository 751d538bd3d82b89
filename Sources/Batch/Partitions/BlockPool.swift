import Connect
import Synchronization

/// Memory in blocks of one size, up to a budget.
final class BlockPool: Sendable {
  private struct State: @unchecked Sendable {
    // Unchecked: under the mutex only.
    var slabs: [UnsafeMutableRawPointer] = []
    /// What of the last slab was never used.
    var unused = 0..<0
    var free: [UnsafeMutableRawPointer] = []
    var blocksInUse = 0

    mutating func take(_ blockByteCount: Int) -> UnsafeMutableRawPointer {
      blocksInUse += 1
      if let block = free.popLast() { return block }
      let slab = unused.isEmpty ? addSlab() : slabs[slabs.count - 1]
      defer { unused = unused.lowerBound + blockByteCount..<unused.upperBound }
      return slab + unused.lowerBound
    }

    private mutating func addSlab() -> UnsafeMutableRawPointer {
      let slab = UnsafeMutableRawPointer.allocate(
        byteCount: BlockPool.slabByteCount + CopyTexts.margin,
        alignment: 64
      )
      slabs.append(slab)
      unused = 0..<BlockPool.slabByteCount
      return slab
    }
  }

  let blockByteCount: Int
  /// The most blocks that are in use at the same time.
  let limit: Int
  private let state = Mutex(State())

  fileprivate static let slabByteCount = 4 << 20

  /// - Parameters:
  ///   - blockByteCount: a power of two up to 4 MiB.
  ///   - budget: bytes.
  init(blockByteCount: Int, budget: Int) {
    self.blockByteCount = blockByteCount
    limit = budget / blockByteCount
  }

  deinit {
    state.withLock { state in
      for slab in state.slabs { slab.deallocate() }
    }
  }

  /// A block; nil when the budget is used up.
  func take() -> UnsafeMutableRawPointer? {
    state.withLock { $0.blocksInUse < limit ? $0.take(blockByteCount) : nil }
  }

  /// A block even so: for a thread that has none to write out.
  func takeBeyondLimit() -> UnsafeMutableRawPointer {
    state.withLock { $0.take(blockByteCount) }
  }

  func giveBack(_ blocks: some Sequence<UnsafeMutableRawPointer>) {
    state.withLock { state in
      let count = state.free.count
      state.free.append(contentsOf: blocks)
      state.blocksInUse -= state.free.count - count
    }
  }
}
