/// The files of one run, and what is to become of each.
package struct Batch: Sendable {
  /// A file that does not fit its schema.
  package struct Refusal: Sendable {
    package var file: TakenFile
    package var reason: RefusalReason
  }

  /// A file whose content is known.
  package struct Duplicate: Sendable {
    package var file: TakenFile
    /// The run that processed it, this one for a second copy in the same batch.
    package var run: String
  }

  /// Those to be staged, oldest first.
  package var files: [TakenFile] = []
  package var refusals: [Refusal] = []
  package var duplicates: [Duplicate] = []
  /// Tables of which the batch lacks a file: then `files` wait.
  package var missing: [InputKind] = []

  /// Whether there is anything to bring into the database.
  package var hasRowsToStage: Bool { missing.isEmpty && !files.isEmpty }

  /// Settles which tables the batch lacks.
  ///
  /// Orders and items belong together; products may have come earlier. A duplicate counts as there:
  /// its rows are staged.
  ///
  /// - Parameter hasProducts: whether products came with an earlier run.
  package mutating func checkCompleteness(hasProducts: Bool) {
    let kinds = Set(files.map(\.file.kind) + duplicates.map(\.file.file.kind))
    missing = InputKind.allCases.filter { kind in
      !kinds.contains(kind) && !(kind == .products && hasProducts)
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
