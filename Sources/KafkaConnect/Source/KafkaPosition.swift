import Connect

/// A place in a partition: the offset of the next message, or the oldest message that is left.
///
/// Offsets of a partition grow, but not by one: transaction markers take some, and compaction leaves
/// others out. So nothing is ever counted by them.
enum KafkaPosition: Hashable {
  case oldest
  case offset(Int64)

  private static let oldestToken = "oldest"

  /// Throws for a token of another kind of log.
  init(_ position: SourcePosition?) throws(ConnectorError) {
    guard let token = position?.token, token != Self.oldestToken else {
      self = .oldest
      return
    }
    guard let offset = Int64(token), offset >= 0 else {
      throw ConnectorError(
        .permanent,
        "position \"\(token)\" is no Kafka offset",
        hint: "it was written for another kind of log; use another database, or the former log"
      )
    }
    self = .offset(offset)
  }

  /// Nil for the oldest message, whichever that is.
  var offset: Int64? {
    switch self {
    case .oldest: nil
    case .offset(let offset): offset
    }
  }

  var sourcePosition: SourcePosition {
    SourcePosition(offset.map { String($0) } ?? Self.oldestToken)
  }
}
