import Attribution
import Batch
import Connect
import FileInput
import Foundation

/// Runs a job over files.
struct Attributing {
  var clicks: [String]
  var checkouts: [String]
  var settings = AttributionJob.Settings()

  init(clicks: String..., checkouts: String...) {
    self.clicks = clicks
    self.checkouts = checkouts
    settings.rule.emission = .final
    settings.workers = 3
  }

  func job() throws -> AttributionJob {
    try AttributionJob(
      clicks: InputFile.find(clicks),
      checkouts: InputFile.find(checkouts),
      settings: settings
    )
  }

  /// The text of the file that it writes.
  @discardableResult
  func run(to path: String) throws -> (text: String, summary: AttributionJob.Summary) {
    let summary = try job().run(into: AnswerFile(path: path))
    return (try String(contentsOfFile: path, encoding: .utf8), summary)
  }
}

/// The rows of a CSV of answers, by the columns that the tests compare: sorted.
func comparableRows(_ text: String) -> [String] {
  text.split(separator: "\n").compactMap { line in
    // Only the first columns, which have no quotes.
    let cells = line.split(separator: ",", omittingEmptySubsequences: false).prefix(7)
    guard cells.count == 7, cells[0] != "checkout_id", cells[0].first != " " else { return nil }
    return [cells[0], cells[1], cells[3], cells[5], cells[6]].joined(separator: "|")
  }.filter { $0.hasPrefix("k") }.sorted()
}

/// The message of the error that the body throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
