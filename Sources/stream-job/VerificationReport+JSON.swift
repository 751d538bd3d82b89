import Connect
import Foundation
import PostgresConnect

extension VerificationReport {
  /// One JSON object; names as in SQL, null for SQL NULL.
  var json: String {
    get throws {
      let document = Document(
        holds: holds,
        expected: figures.expected,
        attributed: figures.attributed,
        pending: figures.pending,
        missing: figures.missing,
        unexpected: figures.unexpected,
        different: figures.different,
        differences: differences.map(Document.Row.init),
        sharedIds: sharedIDs.count,
        firstSharedIds: sharedIDs.first.map(Document.SharedID.init),
        taskFaults: taskFaults.map(Document.TaskFault.init),
        conservation: Dictionary(
          uniqueKeysWithValues: conservation.map { ($0.stream.rawValue, Document.Stream($0)) }
        )
      )
      return try document.jsonText()
    }
  }
}

extension Encodable {
  /// Pretty, keys in snake_case and sorted.
  func jsonText() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

private struct Document: Encodable {
  struct Row: Encodable {
    struct Column: Encodable {
      var name: String
      var expected: String?
      var found: String?
    }

    var checkoutId: String
    var kind: String
    var columns: [Column]

    init(_ difference: VerificationReport.Difference) {
      checkoutId = difference.checkoutID
      kind = difference.kind.rawValue
      columns = difference.columns.map {
        Column(name: $0.name, expected: $0.expected, found: $0.found)
      }
    }
  }

  struct SharedID: Encodable {
    var checkoutId: String
    var userId: String
    var task: Int

    init(_ row: VerificationReport.SharedIDs.Row) {
      checkoutId = row.checkoutID
      userId = row.userID
      task = row.task
    }
  }

  struct TaskFault: Encodable {
    var task: Int
    var answers: Int
    var checkouts: Int
    var isLineChanged: Bool

    init(_ fault: VerificationReport.TaskFault) {
      task = fault.task
      answers = fault.answers
      checkouts = fault.checkouts
      isLineChanged = fault.isLineChanged
    }
  }

  struct Stream: Encodable {
    var records: Int
    var stored: Int
    var duplicates: Int
    var deadLetters: Int
    var storedRows: Int
    var deadLetterRows: Int
    var late: Int
    var lateDropped: Int
    var lateRows: Int
    var lateDroppedRows: Int
    var gaps: Int
    var gapRecords: Int?
    var isBalanced: Bool

    init(_ figures: VerificationReport.Conservation) {
      records = figures.records
      stored = figures.stored
      duplicates = figures.duplicates
      deadLetters = figures.deadLetters
      storedRows = figures.storedRows
      deadLetterRows = figures.deadLetterRows
      late = figures.late
      lateDropped = figures.lateDropped
      lateRows = figures.lateRows
      lateDroppedRows = figures.lateDroppedRows
      gaps = figures.skipped.gaps
      gapRecords = figures.skipped.records
      isBalanced = figures.isBalanced
    }
  }

  var holds: Bool
  var expected: Int
  var attributed: Int
  var pending: Int
  var missing: Int
  var unexpected: Int
  var different: Int
  var differences: [Row]
  var sharedIds: Int
  var firstSharedIds: [SharedID]
  var taskFaults: [TaskFault]
  var conservation: [String: Stream]
}
