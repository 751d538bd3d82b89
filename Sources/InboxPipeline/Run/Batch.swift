package import Connect
package import OrderKPIs

/// The files of one run, and what is to become of each.
package struct Batch: Sendable {
  /// A file that does not fit its schema.
  package struct Refusal: Sendable {
    package var file: TakenFile
    package var reason: RefusalReason
  }

  /// A file whose content an earlier run has processed.
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
  package var refusals: [Refusal] = []
  package var duplicates: [Duplicate] = []
  /// Further files of the same content as one of `files`: duplicates once that is committed.
  package var copies: [TakenFile] = []
  package var unreadable: [Unreadable] = []
  /// Tables of which the batch lacks a file: then `files` wait.
  package var missing: [ShopTable] = []

  /// Whether there is anything to bring into the database.
  package var hasRowsToStage: Bool { missing.isEmpty && !files.isEmpty }

  /// How a run ends that failed in no step.
  package var status: RunResult.Status {
    if refusals.isEmpty, unreadable.isEmpty { return .succeeded }
    return files.isEmpty && duplicates.isEmpty ? .failed : .partial
  }

  /// Settles which tables the batch lacks.
  ///
  /// Orders and items belong together; products may have come earlier. A duplicate counts as there:
  /// its rows are staged.
  ///
  /// - Parameter hasProducts: whether products came with an earlier run.
  package mutating func checkCompleteness(hasProducts: Bool) {
    let tables = Set(files.map(\.file.table) + duplicates.map(\.file.file.table))
    missing = ShopTable.allCases.filter { table in
      !tables.contains(table) && !(table == .products && hasProducts)
    }
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
