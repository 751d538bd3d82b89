/// How often a shard is read by one worker.
///
/// The service takes five GetRecords a second of a shard, of all its readers together; a worker that
/// is throttled waits longer each time, and shortens the wait again while all goes well.
package struct ShardPacing: Sendable {
  /// Five calls a second.
  package static let serviceInterval: Duration = .milliseconds(200)
  /// Between two calls while there is more to read.
  var least: Duration
  /// Between two calls at the end of the shard.
  var atEnd: Duration
  static let longest: Duration = .seconds(5)

  /// - Parameters:
  ///   - least: shorter than the service's for one that takes more calls, such as a test's.
  ///   - atEnd: at least as long.
  package init(least: Duration = ShardPacing.serviceInterval, atEnd: Duration = .milliseconds(500))
  {
    self.least = least
    self.atEnd = max(least, atEnd)
  }

  /// What is waited now.
  private(set) var current: Duration?

  mutating func throttled() { current = min(Self.longest, (current ?? least) * 2) }

  mutating func succeeded() {
    guard let wait = current else { return }
    let shorter = wait * 0.8
    current = shorter > least ? shorter : nil
  }

  /// The wait before the next call.
  func wait(isAtEnd: Bool) -> Duration { max(current ?? least, isAtEnd ? atEnd : least) }
}
