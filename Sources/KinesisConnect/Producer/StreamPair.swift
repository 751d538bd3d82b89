import AWSClient
import Connect

/// The two streams before they are written: there, active, and which shards they have.
struct StreamPair {
  /// For streams that are made or changed by others just now.
  private static let activationTimeout = Duration.seconds(180)
  private static let firstPause = Duration.milliseconds(50)
  private static let longestPause = Duration.seconds(2)

  let client: KinesisClient
  let settings: KinesisSettings

  /// What `prepare` found.
  struct Layout {
    /// Of open shards, ascending by hash keys.
    var shards: [StreamKind: [Shard]] = [:]
    /// Streams that were made now.
    var made: Set<StreamKind> = []
  }

  /// Waits until both streams are active.
  ///
  /// - Parameter makesMissing: makes streams that are missing, in on-demand mode.
  /// - Returns: their open shards, and which streams are new.
  /// - Throws: `.permanent` for a stream that is missing, refused or being deleted.
  func prepare(makesMissing: Bool) throws(ConnectorError) -> Layout {
    var layout = Layout()
    var missing: [StreamKind] = []
    for stream in StreamKind.allCases where try summary(of: stream) == nil {
      missing.append(stream)
    }
    guard missing.isEmpty || makesMissing else { throw absent(missing) }
    for stream in missing {
      do throws(ServiceError) {
        try client.createStream(settings.streamName(of: stream))
        layout.made.insert(stream)
      } catch {
        // Somebody else was faster: the more the better.
        guard error.code == "ResourceInUseException" else { throw error.connectorError }
      }
    }
    for stream in StreamKind.allCases {
      try awaitActivation(of: stream)
      do throws(ServiceError) {
        layout.shards[stream] = try client.listShards(of: settings.streamName(of: stream))
          .filter(\.isOpen).sorted { $0.hashKeys.lowerBound < $1.hashKeys.lowerBound }
      } catch {
        throw error.connectorError
      }
    }
    return layout
  }

  /// Nil when there is no such stream.
  private func summary(of stream: StreamKind) throws(ConnectorError) -> StreamSummary? {
    do throws(ServiceError) {
      return try client.describeStreamSummary(settings.streamName(of: stream))
    } catch {
      if error.code == "ResourceNotFoundException" { return nil }
      throw error.connectorError
    }
  }

  private func awaitActivation(of stream: StreamKind) throws(ConnectorError) {
    let deadline = ContinuousClock.now + Self.activationTimeout
    var pause = Self.firstPause
    var status: StreamSummary.Status?
    while ContinuousClock.now < deadline {
      status = try summary(of: stream)?.status
      switch status {
      // Records are taken while shards are split and merged.
      case .active, .updating: return
      case .deleting:
        throw ConnectorError(
          .permanent,
          "stream \"\(settings.streamName(of: stream))\" at \(settings) is being deleted",
          hint: "wait until it is gone, or write to another prefix"
        )
      case .creating, nil: break
      }
      guard RetryPolicy.sleep(pause) else { break }
      pause = min(pause * 2, Self.longestPause)
    }
    throw ConnectorError(
      .transient,
      "stream \"\(settings.streamName(of: stream))\" at \(settings) is "
        + "\(status?.rawValue ?? "not known") and not ACTIVE",
      hint: "start again in a moment"
    )
  }

  private func absent(_ streams: [StreamKind]) -> ConnectorError {
    let names = streams.map { "\"\(settings.streamName(of: $0))\"" }.joined(separator: " and ")
    return ConnectorError(
      .permanent,
      "could not call kinesis:PutRecords on \(streams.count == 1 ? "stream" : "streams") \(names) at "
        + "\(settings.endpoint): there \(streams.count == 1 ? "is no such stream" : "are no such streams") "
        + "in region \(settings.region)",
      hint: "see prefix and region, or make missing streams by --create-streams"
    )
  }
}
