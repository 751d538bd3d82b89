import Foundation

/// Processor time of this process, all of its threads together.
enum ProcessorTime {
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Adds what `run` takes for each of `count` units to the figures of its outcome.
  static func measure(_ count: Int, _ run: () throws -> Outcome) rethrows -> Outcome {
    try measure(count, noting: { _ in }, run)
  }

  /// The same, and has the time of one unit noted, in seconds.
  static func measure(
    _ count: Int,
    noting note: (Double) -> Void,
    _ run: () throws -> Outcome
  ) rethrows -> Outcome {
    let start = seconds
    var outcome = try run()
    let each = (seconds - start) / Double(count)
    outcome.figures.append(.init(name: "ns CPU each", value: each * 1e9))
    note(each)
    return outcome
  }
}
