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

  /// Ids that several rows have; an event_id is one event's.
  package struct SharedIDs: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
      package var checkoutID: String
      package var userID: String
      package var task: Int
    }

    package var count = 0
    /// The rows of the first ids.
    package var first: [Row] = []

    /// Adds those of another share; `limit` ids keep their rows.
    mutating func add(_ other: Self, keeping limit: Int) {
      count += other.count
      first = (first + other.first).sorted {
        ($0.checkoutID, $0.userID) < ($1.checkoutID, $1.userID)
      }
      let ids = Set(first.map(\.checkoutID)).sorted().prefix(limit)
      first.removeAll { $0.checkoutID > ids.last ?? "" }
    }
  }

  /// A task whose line does not fit what is stored.
  package struct TaskFault: Hashable, Sendable {
    package var task: Int
    /// Rows of the task, and its checkouts that have one or will have.
    package var answers: Int
    package var checkouts: Int
    package var isMiscounted = false
    /// Something else than the job has changed the line since the last commit.
    package var isLineChanged = false
  }

  package var figures = Figures()
  /// The first ones by checkout_id.
  package var differences: [Difference] = []
  package var sharedIDs = SharedIDs()
  /// By task.
  package var taskFaults: [TaskFault] = []
  /// Of both streams.
  package var conservation: [Conservation] = []

  /// True when the rows are exactly what the rule says and every record is accounted for.
  package var holds: Bool {
    figures.differences == 0 && sharedIDs.count == 0 && taskFaults.isEmpty
      && conservation.allSatisfy(\.isBalanced)
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
    lines += sharedIDs.lines
    lines += conservation.map(\.line)
    lines += taskFaults.flatMap(\.lines)
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

extension VerificationReport.SharedIDs {
  fileprivate var lines: [String] {
    guard count > 0 else { return [] }
    return ["checkout_ids of several users: \(count), an event_id must be unique"]
      + first.map { "  \($0.checkoutID): of \($0.userID), task \($0.task)" }
  }
}

extension VerificationReport.TaskFault {
  fileprivate var lines: [String] {
    var lines: [String] = []
    if isMiscounted {
      lines.append("task \(task): \(answers) rows in attributed_checkouts, expected \(checkouts)")
    }
    if isLineChanged {
      lines.append(
        "task \(task): something else than the job has changed its line in stream_progress"
      )
    }
    return lines
  }
}
