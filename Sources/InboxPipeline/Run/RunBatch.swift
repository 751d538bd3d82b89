package import Connect
package import OrderKPIs

/// The files of one run, and what is to become of each.
package struct RunBatch: Sendable {
  /// A file that does not fit its schema.
  package struct Refusal: Sendable {
    package var file: TakenFile
    package var reason: RefusalReason
  }

  /// A file that changes nothing: an earlier run has processed its content, dated no earlier.
  package struct Duplicate: Sendable {
    package var file: TakenFile
    package var run: String
  }

  /// A file that is there and cannot be read.
  package struct Unreadable: Sendable {
    package var file: TakenFile
    package var error: ConnectorError
  }

  /// Those to be staged, oldest first.
  package var files: [TakenFile] = []
  /// Contents among them that earlier runs have processed: staged again, since they are newer now.
  var known: Set<TableContent> = []
  package var refusals: [Refusal] = []
  package var duplicates: [Duplicate] = []
  package var unreadable: [Unreadable] = []
  /// Tables of which earlier runs had what this batch needs.
  var ahead: Set<ShopTable> = []

  /// Tables of which the batch lacks a file: then `files` wait.
  ///
  /// Orders and items belong together; products may have come earlier. Only new content waits for
  /// others: what was processed before had them then. A duplicate counts as there: its rows are
  /// staged.
  package var missing: [ShopTable] {
    guard !files.allSatisfy({ known.contains($0.content) }) else { return [] }
    let tables = ahead.union((files + duplicates.map(\.file)).map(\.file.table))
    return ShopTable.allCases.filter { !tables.contains($0) }
  }

  /// Whether there is anything to bring into the database.
  package var hasRowsToStage: Bool { missing.isEmpty && !files.isEmpty }

  /// Names of all that stay in the inbox until the batch is committed.
  var waitingNames: [String] { (files + duplicates.map(\.file)).map(\.file.name) }

  /// How a run ends that failed in no step.
  package var status: RunResult.Status {
    if refusals.isEmpty, unreadable.isEmpty { return .succeeded }
    return files.isEmpty && duplicates.isEmpty ? .failed : .partial
  }
}

/// Why a file is refused whole.
package struct RefusalReason: Hashable, Codable, Sendable {
  package var file: String
  package var table: String
  package var reason: String
  package var hint: String?
  package var run: String
  package var rejectedAt: String
}
