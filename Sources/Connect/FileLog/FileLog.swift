import Foundation
import Synchronization

/// The embedded log: one directory a stream, one file of JSON lines a partition.
///
///     DIR/clicks/00.jsonl      DIR/checkouts/00.jsonl      partition 0
///     DIR/clicks/01.jsonl      DIR/checkouts/01.jsonl      partition 1
///
/// The i-th file of each directory, sorted bytewise by name, is partition i. Files are appended to
/// and never rewritten; names that start with a dot are no partitions, and a byte order mark at a
/// file's start is no part of its first line.
package final class FileLog: Source {
  /// The directory as the user named it, for messages.
  package let directory: String
  package let identity: String
  /// Lets a write that is under way come to its end.
  private let awaitWriter: @Sendable () -> Void
  /// The files of each stream that were seen so far: others may come behind them.
  private let knownNames: Mutex<[StreamKind: [String]]>

  package var growsByPartitions: Bool { true }

  /// Fails when the directory or one of its two streams is missing.
  package init(
    directory: String,
    awaitWriter: @escaping @Sendable () -> Void = { usleep(100_000) }
  ) throws(ConnectorError) {
    self.directory = directory
    self.awaitWriter = awaitWriter
    guard let resolved = realpath(directory, nil) else {
      throw Self.missing(directory, code: errno)
    }
    identity = "file:" + String(cString: resolved)
    free(resolved)
    knownNames = Mutex([:])
    for stream in StreamKind.allCases { _ = try files(of: stream) }
  }

  /// Throws when the streams differ, when there is none, and when the files that were seen
  /// before are no longer the first ones.
  package func partitionCount() throws(ConnectorError) -> Int {
    let clicks = try files(of: .clicks).count
    let checkouts = try files(of: .checkouts).count
    try Self.requirePairs(clicks: clicks, checkouts: checkouts, in: directory)
    guard clicks > 0 else {
      throw ConnectorError(
        .permanent,
        "log \"\(directory)\" holds no partition: no *.jsonl in clicks and checkouts",
        hint: "make one with: swift run generator --to file:\(directory)"
      )
    }
    return clicks
  }

  package func open(
    _ stream: StreamKind,
    partition: Int,
    at position: SourcePosition?,
    until bound: ReadBound
  ) throws(ConnectorError) -> any PartitionReader {
    let names = try files(of: stream)
    guard names.indices.contains(partition) else {
      throw ConnectorError(
        .permanent,
        "log \"\(directory)\" has \(names.count) \(stream.rawValue) files, partition \(partition) "
          + "is not among them",
        hint: "put the missing files back; partitions are never taken away from a log"
      )
    }
    return try FileLogReader(
      path: "\(directory)/\(stream.rawValue)/\(names[partition])",
      start: position.map { position throws(ConnectorError) in
        try place(position, of: names[partition], in: stream)
      } ?? FilePosition(name: names[partition], offset: 0),
      until: bound,
      awaitWriter: awaitWriter
    )
  }

  /// Drops the cuts that no reading from `start` on meets.
  package func trimmed(
    _ position: SourcePosition,
    rereadFrom start: SourcePosition?
  ) -> SourcePosition {
    guard var place = FilePosition(position), let start = start.flatMap({ FilePosition($0) }) else {
      return position
    }
    place.cuts.offsets.removeAll { $0 < start.offset }
    return place.position
  }

  /// The place that a position stands for, which must be of the file that is there now.
  private func place(
    _ position: SourcePosition,
    of name: String,
    in stream: StreamKind
  ) throws(ConnectorError) -> FilePosition {
    guard let place = FilePosition(position) else {
      throw ConnectorError(
        .permanent,
        "position \"\(position)\" is not of the form NAME:BYTES",
        hint: "it was written for another kind of log; use another database, or the former log"
      )
    }
    guard place.name == name else {
      throw ConnectorError(
        .permanent,
        "position \"\(position)\" expects the file \"\(place.name)\" in \"\(directory)/"
          + "\(stream.rawValue)\", found \"\(name)\" in its place",
        hint: "log files are never renamed, and new ones sort behind the others: put them back"
      )
    }
    return place
  }

  /// The names of a stream's files, by partition; throws when those that were seen before are no
  /// longer the first ones.
  ///
  /// Listed behind the lock: a list that is older than what is known lacks files that are there.
  private func files(of stream: StreamKind) throws(ConnectorError) -> [String] {
    let path = "\(directory)/\(stream.rawValue)"
    return try knownNames.withLock { known throws(ConnectorError) in
      let names = try Self.partitionFiles(in: path)
      try Self.requireGrowth(from: known[stream, default: []], to: names, in: path)
      known[stream] = names
      return names
    }
  }

  private static func requireGrowth(
    from former: [String],
    to names: [String],
    in path: String
  ) throws(ConnectorError) {
    guard !names.starts(with: former) else { return }
    let place = zip(former, names).prefix { $0 == $1 }.count
    throw ConnectorError(
      .permanent,
      "partition \(place) of \"\(path)\" was the file \"\(former[place])\", found "
        + (place < names.count ? "\"\(names[place])\" in its place" : "nothing in its place"),
      hint: "log files are never renamed or deleted, and new ones sort behind the others"
    )
  }

  /// Throws when the streams have different numbers of files.
  static func requirePairs(
    clicks: Int,
    checkouts: Int,
    in directory: String
  ) throws(ConnectorError) {
    guard clicks != checkouts else { return }
    throw ConnectorError(
      .permanent,
      "log \"\(directory)\" has \(clicks) click files and \(checkouts) checkout files",
      hint: "both streams need the same number of partitions, an empty file where there is nothing"
    )
  }

  /// The names of the files in a stream's directory, by partition.
  static func partitionFiles(in path: String) throws(ConnectorError) -> [String] {
    guard let handle = opendir(path) else { throw missing(path, code: errno) }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".jsonl"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func missing(_ path: String, code: Int32) -> ConnectorError {
    .system(
      "open the log directory \"\(path)\"",
      code: code,
      hint: code == ENOENT ? "make a log first with: swift run generator --to file:DIR" : nil
    )
  }
}
