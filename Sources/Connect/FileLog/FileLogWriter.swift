import Foundation

/// Appends to the embedded log, making its directories and files where they are missing.
///
///     DIR/clicks/part-00000.jsonl      DIR/checkouts/part-00000.jsonl      partition 0
///
/// Every `append` has its file to itself, so that its lines do not mix with those of writers beside this
/// one; a reader may see a part of it. A write that the system cuts short (disk full) is taken back to
/// its last whole line. A file that ends within a line, left by a crash, gets its line end first.
package final class FileLogWriter: LogWriter {
  package let partitionCount: Int
  package let isContinued: Bool
  private let files: [StreamKind: [AppendedFile]]

  /// Opens the log for appending.
  ///
  /// - Parameters:
  ///   - directory: made when it is missing.
  ///   - partitions: nil: as many as the log has, or 4 if it is new.
  /// - Throws: when a directory or file cannot be made or written, or when the log has another
  ///   number of partitions; then nothing was changed.
  package init(directory: String, partitions: Int? = nil) throws(ConnectorError) {
    var names: [StreamKind: [String]] = [:]
    for stream in StreamKind.allCases {
      names[stream] = try Self.existingFiles(in: "\(directory)/\(stream.rawValue)")
    }
    let existing = names[.clicks, default: []].count
    try FileLog.requirePairs(
      clicks: existing,
      checkouts: names[.checkouts, default: []].count,
      in: directory
    )
    if let partitions, existing > 0, partitions != existing {
      throw ConnectorError(
        .permanent,
        "log \"\(directory)\" has \(existing) partitions, \(partitions) were asked for",
        hint: "leave --partitions out, or write to a new directory"
      )
    }
    partitionCount = existing > 0 ? existing : partitions ?? Self.newPartitionCount
    let newNames = (0..<partitionCount).map(Self.fileName)
    var files: [StreamKind: [AppendedFile]] = [:]
    for stream in StreamKind.allCases {
      files[stream] = try Self.open(
        existing > 0 ? names[stream, default: []] : newNames,
        in: "\(directory)/\(stream.rawValue)"
      )
    }
    isContinued = files.values.joined().contains { $0.formerByteCount > 0 }
    self.files = files
  }

  /// The keys are not kept: that a line is in its key's partition is all that is left of them.
  package func append(
    _ lines: KeyedLines,
    to stream: StreamKind,
    partition: Int
  ) throws(ConnectorError) {
    try append(lines.bytes, to: stream, partition: partition)
  }

  /// Every line is with the system already.
  package func finish() {}

  /// Appends whole lines, each with its line end.
  package func append(
    _ lines: UnsafeRawBufferPointer,
    to stream: StreamKind,
    partition: Int
  ) throws(ConnectorError) {
    try files[stream]?[partition].append(lines)
  }

  private static func fileName(partition: Int) -> String {
    let digits = String(partition)
    return "part-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".jsonl"
  }

  /// The files that are there; none when there is no directory.
  private static func existingFiles(in path: String) throws(ConnectorError) -> [String] {
    access(path, F_OK) == 0 ? try FileLog.partitionFiles(in: path) : []
  }

  private static func makeDirectory(_ path: String) throws(ConnectorError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .system(
        "make the directory \"\(path)\"",
        code: errno,
        hint: "name a directory that this user may write to"
      )
    }
  }

  /// The files of a stream, by partition, in a directory that is made where it is missing.
  private static func open(
    _ names: [String],
    in path: String
  ) throws(ConnectorError) -> [AppendedFile] {
    try makeDirectory(path)
    var files: [AppendedFile] = []
    for name in names { files.append(try AppendedFile("\(path)/\(name)")) }
    return files
  }
}
