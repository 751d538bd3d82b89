/// The steps of a run, in their order.
package enum RunStep: String, CaseIterable, Codable, Sendable {
  /// Finish what earlier runs committed and left, and note which of them died.
  case recover
  /// List the inbox, wait for quiet, know the files by content, ask whether the batch is complete.
  case collect
  /// Check each file against its schema.
  case validate
  /// Take away the files that do not fit, and duplicates if there is nothing else.
  case setAside = "set-aside"
  /// Begin the transaction and bring the clean rows into the staging tables.
  case stage
  /// Recompute the figures of the days touched.
  case transform
  /// Note files, rejected rows and the run, compare the lease's token, commit.
  case commit
  /// Take the files whose rows are committed into the archive, and away the duplicates beside them.
  case archive
  /// Write the result and tell whoever wants to know.
  case report

  /// Where a failed step is tried again from: what shares a transaction is done again together.
  var retriedFrom: RunStep {
    switch self {
    case .transform, .commit: .stage
    default: self
    }
  }

  var next: RunStep? {
    Self.allCases.firstIndex(of: self).flatMap { index in
      Self.allCases.dropFirst(index + 1).first
    }
  }
}
