import Connect
import Logging

/// Looks for partitions that are added to a log while it is followed.
struct PartitionGrowth {
  private static let interval: Duration = .milliseconds(500)

  private let source: any Source
  private let logger: Logger

  init(of source: any Source, logger: Logger) {
    self.source = source
    self.logger = logger
  }

  /// Opens the tasks of what comes, until the job is stopped.
  ///
  /// A log that cannot be counted is only reported: the files of a new partition come one after the
  /// other, and the readers of those at work notice what is wrong with theirs.
  func follow(
    from count: Int,
    until control: JobControl,
    open: (Range<Int>) throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    var count = count
    var (trouble, reported): (String?, String?) = (nil, nil)
    while true {
      control.wait(Self.interval) { control.isStopRequested }
      guard !control.isStopRequested else { return }
      do throws(ConnectorError) {
        let found = try source.partitionCount()
        trouble = nil
        guard found > count else { continue }
        logger.info("partitions added", metadata: ["partitions": "\(count)..<\(found)"])
        try open(count..<found)
        count = found
      } catch {
        let isLasting = trouble == error.description
        trouble = error.description
        guard isLasting, reported != trouble else { continue }
        reported = trouble
        logger.warning("new partitions are not read", metadata: ["error": "\(error)"])
      }
    }
  }
}
