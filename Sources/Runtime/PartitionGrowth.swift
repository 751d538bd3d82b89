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
  ///
  /// - Parameters:
  ///   - count: partitions that are open.
  ///   - control: of the job.
  ///   - open: repeats by itself what fails for a passing reason.
  /// - Throws: what `open` ends with, before a stop: partitions that are left out would go unnoticed.
  func follow(
    from count: Int,
    until control: JobControl,
    open: (Range<Int>) throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    var count = count
    var doubt = Doubt()
    while true {
      control.wait(Self.interval) { control.isStopRequested }
      guard !control.isStopRequested else { return }
      guard let found = countPartitions(&doubt), found > count else { continue }
      do throws(ConnectorError) {
        try open(count..<found)
      } catch {
        // Given up for the stop: the next run opens them.
        if error.kind == .transient, control.isStopRequested { return }
        throw error
      }
      logger.info("partitions added", metadata: ["partitions": "\(count)..<\(found)"])
      count = found
    }
  }

  /// - Returns: nil where the log cannot be counted, which is reported once it lasts.
  private func countPartitions(_ doubt: inout Doubt) -> Int? {
    do throws(ConnectorError) {
      let count = try source.partitionCount()
      doubt.trouble = nil
      return count
    } catch {
      if doubt.isNewsThatLasts(error.description) {
        logger.warning("new partitions are not read", metadata: ["error": "\(error)"])
      }
      return nil
    }
  }

  /// Why a log could not be counted, and what was reported of it.
  private struct Doubt {
    /// At the last look.
    var trouble: String?
    private var reported: String?

    /// True when the last look has met the same, and it was not reported last.
    mutating func isNewsThatLasts(_ text: String) -> Bool {
      let isLasting = trouble == text
      trouble = text
      guard isLasting, reported != text else { return false }
      reported = text
      return true
    }
  }
}
