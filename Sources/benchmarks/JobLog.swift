import Connect
import Dataflow
import Foundation
import Generation

/// An embedded log of 4 partitions that jobs read, made once for all of a run's benchmarks.
final class JobLog {
  static let partitionCount = 4

  let directory: String
  /// Lines of both streams, resends included.
  private(set) var lineCount = 0
  private(set) var byteCount = 0
  private var generator: Generator

  /// Makes the log of a plan, without a line in it, in a directory of this name.
  init(_ name: String, _ plan: Plan, in context: BenchmarkContext) throws {
    directory = try context.directory().appending(path: "log-\(name)").path
    generator = try Generator(
      plan: plan,
      writer: FileLogWriter(directory: directory, partitions: Self.partitionCount)
    )
  }

  /// One day of 2.4 million events, a sixth checkouts, half a minute out of order.
  ///
  /// If `isLate`, up to 4 minutes out of order, with 0.5 % late by up to 3 hours and 0.5 % resent.
  static func day(isLate: Bool, in context: BenchmarkContext) throws -> JobLog {
    let name = isLate ? "late" : "plain"
    return try context.shared("log-\(name)") {
      let count = context.scaled(2_400_000)
      var plan = Plan(spreading: count, over: .hours(24))
      if isLate {
        plan.disorder = .minutes(4)
        plan.late = 0.005
        plan.duplicates = 0.005
      }
      let log = try JobLog(name, plan, in: context)
      try log.write(count)
      try log.finish()
      return log
    }
  }

  /// Makes so many events more and writes those that have arrived by then.
  func write(_ count: Int) throws {
    var rest = count
    while rest > 0 {
      try generator.make(atMost: min(rest, 4096))
      rest -= 4096
    }
    try generator.flush()
    update()
  }

  /// Writes what is still on its way.
  func finish() throws {
    try generator.finish()
    update()
  }

  private func update() {
    let statistics = generator.statistics
    lineCount = statistics.events + statistics.duplicates
    byteCount = statistics.bytes
  }

  /// The paths of a partition's two files.
  func files(of partition: Int) throws -> [String] {
    try StreamKind.allCases.map { stream in
      let directory = "\(self.directory)/\(stream.rawValue)"
      let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
      return "\(directory)/\(names[partition])"
    }
  }
}

extension Plan {
  /// So many events, evenly spread, the first at the beginning of 2026.
  init(spreading count: Int, over span: EventSpan) {
    self.init(
      schedule: .even(
        start: EventTime(microseconds: 1_767_225_600_000_000),
        stepMicroseconds: Double(span.microseconds) / Double(count)
      ),
      seed: 1
    )
    eventCount = count
  }
}
