extension LocalBroker {
  /// What clients ask brokers for, as far as the local broker answers it.
  package enum Request: String, CaseIterable, Sendable {
    case produce
    case fetch
    case listOffsets = "list-offsets"
    case metadata
    case offsetCommit = "offset-commit"
    case offsetFetch = "offset-fetch"
    case findCoordinator = "find-coordinator"
    case joinGroup = "join-group"
    case heartbeat
    case leaveGroup = "leave-group"
    case syncGroup = "sync-group"
    case initProducerID = "init-producer-id"

    /// The protocol's number for it.
    ///
    /// Source: the table "API keys" of Kafka's protocol guide.
    var key: Int16 {
      switch self {
      case .produce: 0
      case .fetch: 1
      case .listOffsets: 2
      case .metadata: 3
      case .offsetCommit: 8
      case .offsetFetch: 9
      case .findCoordinator: 10
      case .joinGroup: 11
      case .heartbeat: 12
      case .leaveGroup: 13
      case .syncGroup: 14
      case .initProducerID: 22
      }
    }
  }
}
