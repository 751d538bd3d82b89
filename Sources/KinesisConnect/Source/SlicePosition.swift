import Connect

/// Where one input of a task stands: how far every shard of its slice has been read.
///
///     1204 shardId-000000000003:49590338…6898:1763733600000 shardId-000000000004:oldest:0
///     |    shard                next behind   reach
///     records given out so far
///
///     shardId-000000000003:49590338…6898:41:1763733600000     inside of an aggregate, behind its 41
///     shardId-000000000003:49590338…6898:-1:1763733600000     right before a shard's oldest record
///
/// A shard that is not listed was read to its end if one that descends from it is listed; otherwise
/// it was not begun.
struct SlicePosition: Hashable {
  /// How many records were given out up to here: the offset of the next one.
  var ordinal: Int64 = 0
  var shards: [String: ShardPosition] = [:]

  /// Throws for a token of another kind of log.
  init(_ position: SourcePosition?) throws(ConnectorError) {
    guard let position else { return }
    let words = position.token.split(separator: " ")
    guard let ordinal = words.first.flatMap({ Int64($0) }), ordinal >= 0 else {
      throw Self.foreign(position)
    }
    self.ordinal = ordinal
    for word in words.dropFirst() {
      let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count >= 3,
        let place = ShardPosition.Place(parts[1..<(parts.count - 1)].joined(separator: ":")),
        let reach = Int64(parts[parts.count - 1])
      else { throw Self.foreign(position) }
      shards[String(parts[0])] = ShardPosition(place: place, reach: reach)
    }
  }

  init() {}

  var sourcePosition: SourcePosition {
    let words = shards.sorted { $0.key < $1.key }.map { "\($0):\($1.place):\($1.reach)" }
    return SourcePosition(([String(ordinal)] + words).joined(separator: " "))
  }

  private static func foreign(_ position: SourcePosition) -> ConnectorError {
    ConnectorError(
      .permanent,
      "position \"\(position.token.prefix(64))\" is none of a Kinesis stream's shards",
      hint: "it was written for another kind of log; use another database, or the former log"
    )
  }
}

/// How far a shard has been read.
struct ShardPosition: Hashable {
  enum Place: Hashable, CustomStringConvertible {
    /// At the oldest record that the shard has.
    case oldest
    case after(RecordNumber)
    /// Closed by a split or a merge, and read to its end.
    case end

    init?(_ text: some StringProtocol) {
      switch text {
      case "oldest": self = .oldest
      case "end": self = .end
      default:
        guard let number = RecordNumber(text) else { return nil }
        self = .after(number)
      }
    }

    var description: String {
      switch self {
      case .oldest: "oldest"
      case .after(let number): number.description
      case .end: "end"
      }
    }
  }

  var place: Place
  /// Everything that arrived before this time was read, in milliseconds since 1970; 0: not known.
  ///
  /// What arrived later cannot have been lost before the stream's retention time has passed.
  var reach: Int64
}
