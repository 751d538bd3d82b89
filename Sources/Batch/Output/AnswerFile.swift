package import Connect
import FileInput
import Foundation

/// A file of attributed checkouts that appears under its name when it is whole.
///
/// Until then it has a temporary name beside its own. Standard output, pipes and devices are written
/// to directly.
package final class AnswerFile: Sendable {
  let format: FirstClickRows.Format
  private let path: String?
  private let file: RowFile
  private let isTemporary: Bool
  /// The partition whose rows are next.
  private let turn = Gate(0)

  /// - Parameter path: a name that ends with `.csv` or `.jsonl`, or `-` for CSV on standard output.
  /// - Throws: when the file cannot be made.
  package init(path: String) throws(ConnectorError) {
    if path == "-" {
      (self.path, file, isTemporary) = (nil, RowFile(), false)
    } else {
      self.path = path
      isTemporary = Self.isReplaceable(path)
      file = try RowFile(path: isTemporary ? Self.temporaryName(of: path) : path)
    }
    format = Self.format(of: path)
    try writeHeader()
  }

  private func writeHeader() throws(ConnectorError) {
    let header = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    defer { header.deallocate() }
    let text = FirstClickRows.header(format)
    header.copyBytes(from: text.utf8)
    try file.write(UnsafeRawBufferPointer(rebasing: header[..<text.utf8.count]))
  }

  /// Writes the rows of a partition when it is its turn: that keeps the order the same in every run.
  func write(_ rows: UnsafeRawBufferPointer, of partition: Int) throws(ConnectorError) {
    try turn.wait { $0 == partition ? () : nil }
    try file.write(rows)
    try turn.update { $0 += 1 }
  }

  /// Wakes those who wait for a partition that will never come.
  func fail(_ error: ConnectorError) { turn.fail(error) }

  /// Gives the file its name; the system brings it to disk in its own time, as it does any copy.
  package func publish() throws(ConnectorError) {
    if isTemporary, let path { try file.publish(as: path, isSynchronous: false) }
  }

  /// Takes the unfinished file away.
  package func discard() {
    if isTemporary { file.discard() }
  }

  private static func temporaryName(of path: String) -> String { "\(path).\(getpid()).part" }

  private static func isReplaceable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
  }

  private static func format(of path: String) -> FirstClickRows.Format {
    [".jsonl", ".ndjson", ".json"].contains { path.hasSuffix($0) } ? .jsonLines : .csv
  }
}
