import Foundation

/// Appends to the embedded log, making its directories and files where they are missing.
///
///     DIR/clicks/part-00000.jsonl      DIR/checkouts/part-00000.jsonl      partition 0
///
/// Every `append` is one `write` to a file opened with O_APPEND, so that its lines do not mix with those
/// of writers beside this one; a reader may see a part of it. A write that the system cuts short (disk full) is taken back to
/// its last whole line. A file that ends within a line, left by a crash, gets its line end first.
package final class FileLogWriter: LogWriter {
  package let partitionCount: Int
  package let isContinued: Bool
  private let files: [StreamKind: [File]]

  private struct File {
    let path: String
    let descriptor: Int32
  }

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
    guard existing == names[.checkouts, default: []].count else {
      throw ConnectorError(
        .permanent,
        "log \"\(directory)\" has \(existing) click files and "
          + "\(names[.checkouts, default: []].count) checkout files",
        hint:
          "both streams need the same number of partitions, an empty file where there is nothing"
      )
    }
    if let partitions, existing > 0, partitions != existing {
      throw ConnectorError(
        .permanent,
        "log \"\(directory)\" has \(existing) partitions, \(partitions) were asked for",
        hint: "leave --partitions out, or write to a new directory"
      )
    }
    let count = existing > 0 ? existing : partitions ?? Self.newPartitionCount
    var files: [StreamKind: [File]] = [:]
    var isContinued = false
    do {
      for stream in StreamKind.allCases {
        let path = "\(directory)/\(stream.rawValue)"
        try Self.makeDirectory(path)
        let found = names[stream, default: []]
        for name in found.isEmpty ? (0..<count).map(Self.fileName) : found {
          let (file, byteCount) = try Self.open("\(path)/\(name)")
          files[stream, default: []].append(file)
          isContinued = isContinued || byteCount > 0
        }
      }
    } catch {
      for file in files.values.joined() { close(file.descriptor) }
      throw error
    }
    partitionCount = count
    self.isContinued = isContinued
    self.files = files
  }

  deinit {
    for file in files.values.joined() { close(file.descriptor) }
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
    guard let file = files[stream]?[partition] else { return }
    var rest = lines
    while !rest.isEmpty {
      let written = write(file.descriptor, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written >= 0 else {
        let code = errno
        Self.takeBackPartialLine(of: file, written: lines.dropLast(rest.count))
        throw .system(
          "append to \"\(file.path)\"",
          code: code,
          hint: code == ENOSPC ? "make room; the log holds whole lines up to here" : nil
        )
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
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

  /// The file for appending, at the start of a line, and its length.
  private static func open(_ path: String) throws(ConnectorError) -> (File, byteCount: Int) {
    let descriptor = Foundation.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .system(
        "open \"\(path)\" for appending",
        code: errno,
        hint: "name a directory that this user may write to"
      )
    }
    let end = Int(lseek(descriptor, 0, SEEK_END))
    var last = UInt8(ascii: "\n")
    if end > 0 { _ = pread(descriptor, &last, 1, off_t(end - 1)) }
    if last != UInt8(ascii: "\n") { _ = write(descriptor, "\n", 1) }
    return (File(path: path, descriptor: descriptor), end)
  }

  /// Cuts off what stands behind the last line end of `written`, the part of an append that the
  /// system took.
  private static func takeBackPartialLine(of file: File, written: Slice<UnsafeRawBufferPointer>) {
    let whole = written.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? written.startIndex
    let excess = written.endIndex - whole
    guard excess > 0 else { return }
    _ = ftruncate(file.descriptor, lseek(file.descriptor, 0, SEEK_END) - off_t(excess))
  }
}
