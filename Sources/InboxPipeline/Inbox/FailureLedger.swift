package import Connect
import Foundation

/// How often each file has failed a run, kept beside the inbox: the database may be what fails.
///
/// Known by content, so that a renamed file is the same and a corrected one is new. Only failures
/// that are a file's own are counted: a run that is killed, or finds no database, blames no file.
package struct FailureLedger: Sendable {
  /// One run that a file failed.
  package struct Failure: Hashable, Codable, Sendable {
    package var run: String
    package var step: String
    package var error: String
    package var failedAt: String
  }

  /// Runs that a file may fail before it is taken out.
  package static let limit = 3

  private struct Entry: Codable, Sendable {
    var name: String
    var failures: [Failure]
  }

  private let inbox: InboxDirectory
  private var entries: [String: Entry]

  /// Reads the ledger; a damaged one is begun anew, since it only delays what it is for.
  package init(of inbox: InboxDirectory) {
    self.inbox = inbox
    let text = FileManager.default.contents(atPath: Self.path(in: inbox)) ?? Data()
    entries = (try? JSONDecoder().decode([String: Entry].self, from: text)) ?? [:]
  }

  /// Notes that the file failed a run, once for each run.
  ///
  /// - Returns: all its failures so far.
  package mutating func add(
    _ failure: Failure,
    of file: TakenFile
  ) throws(ConnectorError) -> [Failure] {
    var entry = entries[file.hash.description] ?? Entry(name: file.file.name, failures: [])
    guard entry.failures.last?.run != failure.run else { return entry.failures }
    entry.name = file.file.name
    entry.failures.append(failure)
    var changed = entries
    changed[file.hash.description] = entry
    try save(changed)
    return entry.failures
  }

  /// Forgets files that were processed, or taken out.
  package mutating func forget(_ hashes: some Sequence<ContentHash>) throws(ConnectorError) {
    var changed = entries
    for hash in hashes { changed[hash.description] = nil }
    if changed.count < entries.count { try save(changed) }
  }

  /// What could not be written is not counted, so that the next try writes it.
  private mutating func save(_ changed: [String: Entry]) throws(ConnectorError) {
    try inbox.write(JSONText.encode(changed), to: Self.path(in: inbox))
    entries = changed
  }

  private static func path(in inbox: InboxDirectory) -> String {
    "\(inbox.state)/failures.json"
  }
}
