import CScan

/// As much memory as the first click's state has at 0.45 million live clicks, in large pages.
///
/// An event touches eight lines of it, about as many as a click does from its arrival until it leaves:
/// its id's, its user's twice two and once more, its neighbour's in the chain, its own. They are
/// anywhere, and asked for a block of events ahead, so that the waits overlap as they do there.
final class TouchedState {
  private let memory: UnsafeMutableRawPointer

  private static let byteCount = 28 << 20
  private static let lineBytes = 64
  private static let linesPerEvent = 8
  private static let eventsPerBlock = 64

  init() {
    memory = .allocate(byteCount: Self.byteCount, alignment: 2 << 20)
    pages_advise_large(memory, Self.byteCount)
    memory.initializeMemory(as: UInt64.self, repeating: 0, count: Self.byteCount / 8)
  }

  deinit { memory.deallocate() }

  /// Counts up in every line that is touched; the same lines for the same number of events.
  func touch(events: Int) -> UInt64 {
    let lineCount = UInt64(Self.byteCount / Self.lineBytes)
    return withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer.self,
      capacity: Self.eventsPerBlock * Self.linesPerEvent
    ) { lines in
      var random = SplitMix64(seed: 3)
      var checksum = Checksum()
      for _ in 0..<events / Self.eventsPerBlock {
        for index in lines.indices {
          let number = (random.next() &>> 32 &* lineCount) &>> 32
          lines.initializeElement(
            at: index,
            to: memory + Int(truncatingIfNeeded: number) &* Self.lineBytes
          )
          prefetch(lines[index])
        }
        for line in lines {
          let counter = line.assumingMemoryBound(to: UInt64.self)
          counter.pointee &+= 1
        }
      }
      checksum.combine(events)
      return checksum.value
    }
  }
}
