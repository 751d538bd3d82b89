package import Dataflow
import FileInput

/// Tells files that are whole from those still being copied in: a file is quiet when its size and
/// time of modification have not changed for a while.
///
/// ```
/// |-- written --|<------ quiet period ------>|
///            modified                      now      its age is enough: quiet at once
/// first seen |<------ quiet period ------>|         no look found it changed: quiet, whatever its
///                                                   time says, ahead of the clock included
/// ```
package struct QuietPeriod: Sendable {
  private let length: EventSpan
  /// Since when each file has been seen as it is now.
  private var seen: [String: (stamp: FileStamp, since: EventTime)] = [:]

  package init(_ length: EventSpan) { self.length = length }

  /// Takes a look at the files that wait.
  ///
  /// - Parameters:
  ///   - files: all that are there now; the others are forgotten.
  ///   - now: by the clock that the files' times come from.
  /// - Returns: those that are quiet, and those that are not, in the order given.
  package mutating func split(
    _ files: [InboxFile],
    at now: EventTime
  ) -> (quiet: [InboxFile], restless: [InboxFile]) {
    var next: [String: (stamp: FileStamp, since: EventTime)] = [:]
    var quiet: [InboxFile] = []
    var restless: [InboxFile] = []
    for file in files {
      let former = seen[file.name]
      let since = former?.stamp == file.stamp ? former?.since ?? now : now
      next[file.name] = (file.stamp, since)
      let isQuiet = file.modifiedAt + length <= now || since + length <= now
      if isQuiet { quiet.append(file) } else { restless.append(file) }
    }
    seen = next
    return (quiet, restless)
  }
}
