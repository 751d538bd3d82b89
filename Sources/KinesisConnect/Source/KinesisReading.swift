package import Connect

/// How a pair of streams is read, as the user has set it: `kinesis.slices`, `kinesis.memory` and
/// `kinesis.poll.interval`.
package struct KinesisReading: Sendable {
  static let defaultSlices = 16
  private static let pollIntervals: ClosedRange<Duration> = .milliseconds(10) ... .seconds(10)

  /// Tasks; a database keeps to the number it was begun with.
  var slices = HashKeySlices(count: defaultSlices)
  /// Of the answers that are kept for slices that come later, over all shards.
  var memoryByteCount = 256 << 20
  var pacing = ShardPacing()

  /// - Parameter properties: of the family `kinesis`.
  /// - Throws: `.usage` for one that there is not, or a value that cannot be read.
  package init(_ properties: [ConnectorProperty] = []) throws(ConnectorError) {
    for property in properties {
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
        else { throw .notRead(property, expected: "a duration from 10ms to 10s") }
        pacing = ShardPacing(least: min(interval, ShardPacing().least), atEnd: interval)
      default:
        throw ConnectorError(
          .usage,
          "\(property.place) is no setting of Kinesis",
          hint: "there are kinesis.slices, kinesis.memory and kinesis.poll.interval"
        )
      }
    }
  }
}
