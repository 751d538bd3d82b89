package import Connect

/// How a pair of streams is read.
///
/// Properties:
///
///     slices           tasks, default 16; a database keeps to the number it was begun with
///     memory           of answers kept for slices that come later, default 256MiB
///     poll.interval    between two looks at the end of a shard, default 500ms
package struct KinesisReading: Sendable {
  private static let pollIntervals = ShardPacing.serviceInterval ... .seconds(10)

  var slices = HashKeySlices(count: 16)
  /// Over all shards.
  var memoryByteCount = 256 << 20
  /// No property makes it faster than the service allows; for a service that allows more it may be set.
  package var pacing = ShardPacing()

  package init() {}

  /// Takes a property, if it is one of these.
  ///
  /// - Parameter property: of the family `kinesis`.
  /// - Returns: false for another property.
  /// - Throws: `.usage` for a value that cannot be read.
  package mutating func take(_ property: ConnectorProperty) throws(ConnectorError) -> Bool {
    switch property.name {
    case "slices":
      guard let count = Int(property.value), HashKeySlices.allowedCounts.contains(count) else {
        throw .notRead(property, expected: "a number from 1 to 1024")
      }
      slices = HashKeySlices(count: count)
    case "memory":
      memoryByteCount = try property.byteCount()
    case "poll.interval":
      guard let interval = Duration(durationText: property.value),
        Self.pollIntervals.contains(interval)
      else { throw .notRead(property, expected: "a duration from 200ms to 10s") }
      pacing = ShardPacing(atEnd: interval)
    default:
      return false
    }
    return true
  }
}
