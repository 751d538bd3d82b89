package import Dataflow
import Events

/// What a run did, as `results/RUN.json` says it and hooks are told.
package struct RunResult: Hashable, Codable, Sendable {
  package enum Status: String, Codable, Sendable {
    /// Every file that was there is processed, or was before; or there was none.
    case succeeded = "SUCCEEDED"
    /// What fits is processed or waits; some file was refused, or could not be archived.
    case partial = "PARTIAL"
    /// Nothing was committed.
    case failed = "FAILED"
  }

  package struct Failure: Hashable, Codable, Sendable {
    package var step: String
    package var message: String
    package var hint: String?
    package var file: String?
  }

  package var run: String
  package var inbox: String
  package var status = Status.succeeded
  package var startDate: String
  package var stopDate: String?
  /// Names of the files that fit their schemas.
  package var validFiles: [String] = []
  /// Names of those that do not, in rejected/ now unless `otherFiles` says why they are not.
  package var invalidFiles: [String] = []
  /// By name of the file.
  package var invalidReasons: [String: String] = [:]
  /// Files whose content was processed before, dated no earlier, with the run that did.
  package var duplicateFiles: [String: String] = [:]
  /// Files that failed too many runs, in dead/ now.
  package var deadFiles: [String] = []
  /// Files left in input/.
  package var waitingFiles: [String] = []
  /// What those wait for.
  package var waitingFor: [String] = []
  /// What else lies in input/, with why it is left alone or could not be taken away.
  package var otherFiles: [String: String] = [:]
  /// Rows brought into the staging tables, by table.
  package var stagedRows: [String: Int] = [:]
  /// Rows that cleaning rejected, by reason.
  package var rejectedRows: [String: Int] = [:]
  /// Days whose figures were recomputed, `2026-11-21`, ascending.
  package var days: [String] = []
  package var failure: Failure?

  enum CodingKeys: String, CodingKey {
    case run, inbox, status, startDate, stopDate, days
    case validFiles = "valid_files"
    case invalidFiles = "invalid_files"
    case invalidReasons = "invalid_reasons"
    case duplicateFiles = "duplicate_files"
    case deadFiles = "dead_files"
    case waitingFiles = "waiting_files"
    case waitingFor = "waiting_for"
    case otherFiles = "other_files"
    case stagedRows = "staged_rows"
    case rejectedRows = "rejected_rows"
    case failure = "error"
  }

  package init(_ run: RunID, inbox: InboxDirectory, startedAt: EventTime) {
    self.run = run.description
    self.inbox = inbox.root
    startDate = startedAt.iso8601
  }

  /// Nothing was processed, moved or refused, and nothing failed.
  package var isIdle: Bool {
    validFiles.isEmpty && invalidFiles.isEmpty && duplicateFiles.isEmpty && deadFiles.isEmpty
      && status == .succeeded
  }

  /// True when both found nothing to do, for the same reasons.
  package func waitsLike(_ other: RunResult) -> Bool {
    isIdle && other.isIdle && waitingFiles == other.waitingFiles && waitingFor == other.waitingFor
      && otherFiles == other.otherFiles
  }
}
