import Connect
import Foundation
import TestSupport

/// A file log under a temporary directory, written by hand.
struct LogDirectory {
  let path: String

  static func with<Result>(_ body: (LogDirectory) throws -> Result) throws -> Result {
    try withTemporaryDirectory { path in
      let log = LogDirectory(path: path)
      for stream in StreamKind.allCases {
        try FileManager.default.createDirectory(
          atPath: log.path(stream),
          withIntermediateDirectories: true
        )
      }
      return try body(log)
    }
  }

  /// A log of one partition: these clicks, and an empty file of checkouts.
  static func with<Result>(
    clicks: String,
    _ body: (LogDirectory) throws -> Result
  ) throws -> Result {
    try with { log in
      try log.append(clicks, to: .clicks)
      try log.append("", to: .checkouts)
      return try body(log)
    }
  }

  func path(_ stream: StreamKind, _ name: String = "") -> String {
    "\(path)/\(stream.rawValue)/\(name)"
  }

  func append(_ text: String, to stream: StreamKind, _ name: String = "0.jsonl") throws {
    try append(text.utf8, to: stream, name)
  }

  func append(
    _ bytes: some Sequence<UInt8>,
    to stream: StreamKind,
    _ name: String = "0.jsonl"
  ) throws {
    let path = path(stream, name)
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: Data(bytes))
  }

  func open(
    _ stream: StreamKind = .clicks,
    partition: Int = 0,
    at position: SourcePosition? = nil,
    until bound: ReadBound = .endOfLog
  ) throws -> any PartitionReader {
    try FileLog(directory: path).open(stream, partition: partition, at: position, until: bound)
  }
}

extension MessageRun {
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension PartitionReader {
  /// The lines of all runs, a few bytes each; less empty ones and line ends.
  func lines() throws -> [String] {
    var lines: [String] = []
    while case let run = try read(atMost: 4), !run.isEmpty {
      lines += run.text.split(whereSeparator: \.isNewline).map(String.init)
    }
    return lines
  }

  /// Everything up to the end.
  func text(atMost byteCount: Int) throws -> String {
    var text: [UInt8] = []
    while case let run = try read(atMost: byteCount), !run.isEmpty { text += run.bytes }
    return String(decoding: text, as: UTF8.self)
  }
}
