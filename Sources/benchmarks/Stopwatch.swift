import Foundation

/// Sums up the processor time of a run's own calls, where making their input must not count.
///
/// Processor time of the calling thread: other work on the machine takes turns without showing.
struct Stopwatch {
  private var nanoseconds = 0

  var seconds: Double { Double(nanoseconds) / 1e9 }

  /// Costs under a microsecond, so time batches, not records.
  @inline(__always) mutating func time(_ work: () -> Void) {
    let start = Stopwatch.now
    work()
    nanoseconds += Stopwatch.now - start
  }

  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
