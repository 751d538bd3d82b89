package import Dataflow

/// What a stream is, apart from its shards.
package struct StreamSummary: Hashable, Sendable {
  package enum Status: String, Sendable {
    case creating = "CREATING"
    case deleting = "DELETING"
    case active = "ACTIVE"
    case updating = "UPDATING"
  }

  package var name: String
  package var arn: String
  package var status: Status
  package var openShardCount: Int
  package var retentionHours: Int
  /// To the second: tells a stream from a former one of the same name.
  package var createdAt: EventTime
  /// True where the service adds and merges shards by itself.
  package var isOnDemand: Bool

  package init(
    name: String,
    arn: String,
    status: Status,
    openShardCount: Int,
    retentionHours: Int,
    createdAt: EventTime,
    isOnDemand: Bool
  ) {
    self.name = name
    self.arn = arn
    self.status = status
    self.openShardCount = openShardCount
    self.retentionHours = retentionHours
    self.createdAt = createdAt
    self.isOnDemand = isOnDemand
  }
}
