/// Appends messages to both streams of a log.
///
/// Used by one thread at a time.
package protocol LogWriter: AnyObject {
  /// Number of partitions, the same of both streams.
  var partitionCount: Int { get }

  /// Appends whole lines, each with its line end, to one partition; returns when all are handed
  /// over.
  func append(
    _ lines: UnsafeRawBufferPointer,
    to stream: StreamKind,
    partition: Int
  ) throws(ConnectorError)
}
