package import Connect

/// What `Verification` found.
package struct VerificationReport: Hashable, Sendable {
  /// Checkouts by how their row compares with the rule.
  package struct Figures: Hashable, Sendable {
    /// Rows that the rule gives.
    package var expected = 0
    /// Of these, the ones with a click.
    package var attributed = 0
    /// Rows that a task writing final rows only need not have written yet.
    package var pending = 0
    package var missing = 0
    package var unexpected = 0
    package var different = 0

    package var differences: Int { missing + unexpected + different }
  }

  /// One row that is not what the rule says.
  package struct Difference: Hashable, Sendable {
    package enum Kind: String, Sendable { case missing, unexpected, different }

    package struct Column: Hashable, Sendable {
      package var name: String
      package var expected: String?
      package var found: String?
    }

    package var checkoutID: String
    package var kind: Kind
    /// The columns that differ; none for a missing or an unexpected row.
    package var columns: [Column]
  }

  /// Where the records of one stream went: by the tasks' counts, and by counting rows.
  package struct Conservation: Hashable, Sendable {
    package var stream: StreamKind
    package var records: Int
    package var stored: Int
    package var duplicates: Int
    package var deadLetters: Int
    package var storedRows: Int
    package var deadLetterRows: Int
    /// Records that the log had lost before they could be read; they are in no other count.
    package var skipped = GapCount()

    package var isBalanced: Bool {
      records == stored + duplicates + deadLetters
        && stored == storedRows && deadLetters == deadLetterRows
    }
  }

  package var figures = Figures()
  /// The first ones by checkout_id.
  package var differences: [Difference] = []
  /// Empty where no task has committed: nothing was counted then.
  package var conservation: [Conservation] = []

  /// True when the rows are exactly what the rule says and every record is accounted for.
  package var holds: Bool {
    figures.differences == 0 && conservation.allSatisfy(\.isBalanced)
  }

  /// For people, a line each.
  package var lines: [String] {
    var lines = [
      "checkouts: \(figures.expected) expected, \(figures.attributed) of them attributed",
      "differences: \(figures.differences) (\(figures.missing) missing, "
        + "\(figures.unexpected) unexpected, \(figures.different) different)",
    ]
    if figures.pending > 0 {
      lines.append("not yet answered: \(figures.pending), the watermark has not passed them")
    }
    lines += differences.flatMap(\.lines)
    lines += conservation.map(\.line)
    lines.append(
      holds
        ? "verified: attributed_checkouts is what the rule says"
        : "NOT verified: see the differences above"
    )
    return lines
  }
}

extension VerificationReport.Difference {
  fileprivate var lines: [String] {
    guard kind == .different else { return ["  \(checkoutID): \(kind.rawValue)"] }
    return columns.map { column in
      "  \(checkoutID): \(column.name) is \(column.found ?? "NULL"), "
        + "expected \(column.expected ?? "NULL")"
    }
  }
}

extension VerificationReport.Conservation {
  fileprivate var line: String {
    let sum =
      "\(stream.rawValue): \(records) read = \(stored) stored + \(duplicates) duplicates "
      + "+ \(deadLetters) dead letters" + (skipped.text.map { "; \($0)" } ?? "")
    guard !isBalanced else { return sum }
    return "\(sum) DOES NOT ADD UP: raw_\(stream.rawValue) holds \(storedRows) rows, "
      + "dead_letters \(deadLetterRows)"
  }
}
