import Connect
import Dataflow
import Foundation
import Logging
import Runtime

extension StreamingJob {
  /// A job over an embedded log.
  convenience init(
    reading log: JobLog,
    into sink: any Sink,
    untilEnd: Bool = true,
    commitInterval: Duration? = nil
  ) throws {
    try self.init(
      reading: FileLog(directory: log.directory),
      into: sink,
      untilEnd: untilEnd,
      commitInterval: commitInterval
    )
  }

  /// A job with 4 workers, which logs errors only.
  convenience init(
    reading source: some Source,
    into sink: any Sink,
    untilEnd: Bool = true,
    commitInterval: Duration? = nil
  ) throws {
    var settings = Settings(untilEnd: untilEnd)
    settings.workers = JobLog.partitionCount
    if let commitInterval { settings.commitInterval = commitInterval }
    var logger = Logger(label: "benchmark")
    logger.logLevel = .error
    try self.init(
      source: source,
      sink: sink,
      settings: settings,
      logger: logger
    )
  }

  /// What was stored, and how many commits and late events it took.
  func outcome() -> Outcome {
    let inputs = statistics().flatMap { [$0.clicks.counts, $0.checkouts.counts] }
    var checksum = Checksum()
    for counts in inputs {
      checksum.combine(counts.records)
      checksum.combine(counts.stored)
    }
    return Outcome(
      checksum: checksum.value,
      figures: [
        .init(name: "commits", value: Double(statistics().reduce(0) { $0 + $1.commits })),
        .init(name: "late", value: Double(inputs.reduce(0) { $0 + $1.late })),
      ]
    )
  }
}
