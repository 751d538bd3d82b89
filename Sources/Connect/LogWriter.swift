/// Appends messages to both streams of a log.
///
/// Used by one thread at a time.
package protocol LogWriter: AnyObject {
  /// Number of partitions, the same of both streams.
  var partitionCount: Int { get }

  /// The log's parts, in words: `4 partitions`.
  var layout: String { get }

  /// True when the log held messages before this writer came; exact once it has finished.
  var isContinued: Bool { get }

  /// Hands whole lines, each with its line end, to one partition: that of their keys.
  ///
  /// Waits while the log takes no more; throws when something could not be stored, then or before.
  func append(
    _ lines: KeyedLines,
    to stream: StreamKind,
    partition: Int
  ) throws(ConnectorError)

  /// Returns when the log has stored all that was appended; throws, with the number, when it could
  /// not.
  func finish() throws(ConnectorError)
}

extension LogWriter {
  package var layout: String { "\(partitionCount) partitions" }

  /// Of a log that is new, if nothing else is asked for.
  package static var newPartitionCount: Int { 4 }
}
