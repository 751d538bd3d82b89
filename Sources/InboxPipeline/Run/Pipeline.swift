package import Connect
package import Logging
import PostgresConnect
package import Runtime

/// The pipeline of one inbox and one database: one run after another.
///
/// Used by one thread.
package final class Pipeline {
  private let settings: PipelineSettings
  private let control: RunControl
  private let clock: JobClock
  private let logger: Logger
  private let fault = PointedFault<PipelineFaultPoint>.fromEnvironment
  private let watch: InboxWatch
  private var previous: RunResult?
  package let progress = RunProgress()

  package init(
    _ settings: PipelineSettings,
    control: RunControl,
    clock: JobClock = .system,
    logger: Logger
  ) {
    self.settings = settings
    self.control = control
    self.clock = clock
    self.logger = logger
    watch = InboxWatch(quietPeriod: settings.quietPeriod)
  }

  /// Performs one run, alone on the inbox and the database.
  ///
  /// - Returns: what it did, successful or not; nil when a stop was asked for before it began.
  /// - Throws: `.permanent` while another run is at work, `.fenced` when one took over; others when
  ///   inbox, database or results cannot be reached.
  package func runOnce() throws(ConnectorError) -> RunResult? {
    try settings.inbox.prepare()
    let lock = try InboxLock(settings.inbox)
    defer { withExtendedLifetime(lock) {} }
    guard let (lease, connection) = try acquireLease() else { return nil }
    defer { connection.close() }
    let heartbeat = LeaseHeartbeat(lease, at: settings.database)
    heartbeat.start()
    defer {
      heartbeat.end()
      // A lease that cannot be given back expires.
      try? lease.release(on: connection)
    }
    let result = try PipelineRun(
      settings: settings,
      lease: lease,
      heartbeat: heartbeat,
      control: control,
      clock: clock,
      logger: logger,
      fault: fault,
      watch: watch,
      progress: progress,
      previous: previous
    ).perform()
    previous = result
    return result
  }

  /// Takes the lease, asking again while the database cannot be reached.
  private func acquireLease() throws(ConnectorError) -> (Lease, PostgresConnection)? {
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    while true {
      do throws(ConnectorError) {
        let connection = try PostgresConnection(
          settings.database,
          applicationName: "firstclick pipeline"
        )
        let acquire = LeaseAcquisition(
          holder: LeaseHolder.current,
          inbox: settings.inbox,
          duration: settings.leaseDuration,
          control: control
        )
        guard let lease = try acquire(on: connection) else { return nil }
        return (lease, connection)
      } catch {
        guard error.kind == .transient, backoff.retries < settings.retryLimit else { throw error }
        guard control.waitToRetry(backoff.nextDelay(using: &random)) else { return nil }
      }
    }
  }
}
