import Attribution
package import Connect
import Events
import FileInput
import Foundation

/// A file of attributed checkouts that appears under its name when it is whole.
///
/// Until then it has a temporary name beside its own. Standard output, pipes and devices are written
/// to directly.
package final class AnswerFile: AttributionOutput {
  private let format: FirstClickRows.Format
  private let file: RowFile
  private let isTemporary: Bool
  /// The partition whose rows are next.
  private let turn = Gate(0)

  /// - Parameter path: JSON lines if it ends with `.jsonl`, `.ndjson` or `.json`, otherwise CSV; `-`
  ///   for CSV on standard output.
  /// - Throws: when the file cannot be made.
  package init(path: String) throws(ConnectorError) {
    if path == "-" {
      (file, isTemporary) = (RowFile(), false)
    } else {
      isTemporary = Self.isReplaceable(path)
      file = try isTemporary ? RowFile(replacing: path) : RowFile(path: path)
    }
    format = Self.format(of: path)
    do throws(ConnectorError) {
      try writeHeader()
    } catch {
      discard()
      throw error
    }
  }

  package var storesRecords: Bool { false }

  package func makeRows() -> any OutputRows { AnswerRows(format) }

  package func write(rejects rows: any OutputRows) {}

  package func write(_ rows: any OutputRows, of partition: Int) throws(ConnectorError) {
    guard let rows = rows as? AnswerRows else { preconditionFailure("rows of another output") }
    try turn.wait { $0 == partition ? () : nil }
    try file.write(rows.bytes)
    try turn.update { $0 += 1 }
  }

  package func fail(_ error: ConnectorError) { turn.fail(error) }

  /// Gives the file its name; the system brings it to disk in its own time, as it does any copy.
  package func publish(_ summary: AttributionJob.Summary) throws(ConnectorError) {
    if isTemporary { try file.publish(isSynchronous: false) }
  }

  package func discard() {
    if isTemporary { file.discard() }
  }

  private func writeHeader() throws(ConnectorError) {
    let header = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    defer { header.deallocate() }
    let text = FirstClickRows.header(format)
    header.copyBytes(from: text.utf8)
    try file.write(UnsafeRawBufferPointer(rebasing: header[..<text.utf8.count]))
  }

  private static func isReplaceable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
  }

  private static func format(of path: String) -> FirstClickRows.Format {
    [".jsonl", ".ndjson", ".json"].contains { path.hasSuffix($0) } ? .jsonLines : .csv
  }
}

/// Answers as text.
private final class AnswerRows: OutputRows {
  private var rows: FirstClickRows

  init(_ format: FirstClickRows.Format) { rows = FirstClickRows(format) }

  var bytes: UnsafeRawBufferPointer { rows.bytes }
  var byteCount: Int { rows.bytes.count }

  func append(_ batch: ClickBatch, verdicts: [Verdict]) {}
  func append(_ batch: CheckoutBatch, verdicts: [Verdict]) {}
  func append(_ answers: [Answer]) { rows.append(answers) }
  func append(_ rejects: [RejectedMessage], of stream: StreamKind) {}
  func removeAll() { rows.removeAll() }
}
