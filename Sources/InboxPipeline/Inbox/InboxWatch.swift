package import Connect
package import Dataflow
import FileInput

/// What is remembered of the inbox from one look to the next: since when files are unchanged, and
/// the content of those that wait.
package final class InboxWatch {
  private var quiet: QuietPeriod
  /// By path: hashing the same bytes again every five minutes would be in vain.
  private var hashes: [String: (stamp: FileStamp, hash: ContentHash)] = [:]

  package init(quietPeriod: EventSpan) { quiet = QuietPeriod(quietPeriod) }

  package func split(
    _ files: [InboxFile],
    at now: EventTime
  ) -> (quiet: [InboxFile], restless: [InboxFile]) {
    quiet.split(files, at: now)
  }

  /// Knows files by content, several at a time.
  ///
  /// - Returns: for each file, in the order given, its hash or why there is none.
  package func identify(_ files: [InboxFile]) -> [Result<ContentHash, ConnectorError>] {
    let known = hashes
    let results = Parallel.map(files) { file -> Result<ContentHash, ConnectorError> in
      if let entry = known[file.path], entry.stamp == file.stamp { return .success(entry.hash) }
      return Result { () throws(ConnectorError) in try ContentHash(of: file) }
    }
    hashes = [:]
    for (file, result) in zip(files, results) {
      if case .success(let hash) = result { hashes[file.path] = (file.stamp, hash) }
    }
    return results
  }
}
