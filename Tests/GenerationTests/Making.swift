import Dataflow
import Foundation

@testable import Generation

extension Plan {
  /// A small world in simulated time.
  static func small(events: Int = 5_000, span: EventSpan = .hours(6), seed: UInt64 = 7) -> Plan {
    var plan = Plan(
      schedule: .even(
        start: EventTime(microseconds: 1_767_225_600_000_000),
        stepMicroseconds: Double(span.microseconds) / Double(events)
      ),
      seed: seed
    )
    plan.eventCount = events
    plan.userCount = 100
    plan.productCount = 50
    return plan
  }

  /// With everything that can go wrong.
  static func rough(events: Int = 5_000, seed: UInt64 = 7) -> Plan {
    var plan = small(events: events, seed: seed)
    plan.late = 0.03
    plan.duplicates = 0.02
    plan.orphans = 0.05
    plan.malformed = 0.02
    plan.ties = 0.05
    plan.edges = 0.1
    return plan
  }

  /// Everything that the plan asks for, made in steps of `stride` events.
  func make(
    partitions: Int = 4,
    truthPath: String? = nil,
    stride: Int = 1_000
  ) throws -> (log: MemoryLog, statistics: Statistics) {
    let log = MemoryLog(partitionCount: partitions)
    var generator = try Generator(plan: self, writer: log, truthPath: truthPath)
    while !generator.isDone { try generator.make(atMost: stride) }
    try generator.finish()
    return (log, generator.statistics)
  }
}

/// Runs `body` with the path of a file that does not exist yet, and removes it.
func withTemporaryFile<Result>(_ body: (String) throws -> Result) rethrows -> Result {
  let path = FileManager.default.temporaryDirectory
    .appending(path: "firstclick-generation-\(UUID().uuidString)").path
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
