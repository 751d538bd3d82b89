package import Dataflow
package import PostgresConnect

/// What a pipeline is to do, and where.
package struct PipelineSettings: Sendable {
  package var inbox: InboxDirectory
  package var database: PostgresAddress
  /// How long a file has to be unchanged before it is taken.
  package var quietPeriod = EventSpan.seconds(5)
  /// How long a run may be silent before another may take over.
  package var leaseDuration = Duration.seconds(30)
  /// How often a step is tried again whose trouble may pass.
  package var retryLimit = 5
  /// Rows without the header's columns that a file may have before it is refused.
  package var badRowLimit = Int.max
  package var channels: [any NotificationChannel] = []

  package init(inbox: InboxDirectory, database: PostgresAddress) {
    self.inbox = inbox
    self.database = database
  }
}
