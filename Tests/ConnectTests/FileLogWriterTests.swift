import Connect
import Foundation
import Testing

@Suite struct FileLogWriterTests {
  private func withDirectory(_ body: (String) throws -> Void) rethrows {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "firstclick-log-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func append(
    _ text: String,
    to stream: StreamKind,
    partition: Int,
    of writer: FileLogWriter
  ) throws {
    try Array(text.utf8).withUnsafeBytes {
      try writer.append($0, to: stream, partition: partition)
    }
  }

  @Test func `a new log gets its directories and numbered files`() throws {
    try withDirectory { directory in
      let writer = try FileLogWriter(directory: directory, partitions: 2)
      #expect(!writer.isContinued)
      try append("a\nb\n", to: .clicks, partition: 1, of: writer)
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/checkouts")
      #expect(names.sorted() == ["part-00000.jsonl", "part-00001.jsonl"])
      let text = try String(
        contentsOfFile: "\(directory)/clicks/part-00001.jsonl",
        encoding: .utf8
      )
      #expect(text == "a\nb\n")
    }
  }

  @Test func `an existing log is appended to, behind a line end`() throws {
    try withDirectory { directory in
      for stream in ["clicks", "checkouts"] {
        try FileManager.default.createDirectory(
          atPath: "\(directory)/\(stream)",
          withIntermediateDirectories: true
        )
        try "torn".write(
          toFile: "\(directory)/\(stream)/00.jsonl",
          atomically: true,
          encoding: .utf8
        )
      }
      let writer = try FileLogWriter(directory: directory)
      #expect(writer.isContinued)
      #expect(writer.partitionCount == 1)
      try append("whole\n", to: .clicks, partition: 0, of: writer)
      let text = try String(contentsOfFile: "\(directory)/clicks/00.jsonl", encoding: .utf8)
      #expect(text == "torn\nwhole\n")
    }
  }

  /// What it has written of its lines may have to be taken back.
  @Test func `an append waits for a writer that holds the file`() throws {
    try withDirectory { directory in
      nonisolated(unsafe) let writer = try FileLogWriter(directory: directory, partitions: 1)
      let path = "\(directory)/clicks/part-00000.jsonl"
      let other = open(path, O_WRONLY | O_APPEND)
      defer { close(other) }
      try #require(flock(other, LOCK_EX) == 0)
      #expect(write(other, "first li", 8) == 8)
      let isAppended = DispatchSemaphore(value: 0)
      DispatchQueue(label: "writer").async {
        Array("second line\n".utf8).withUnsafeBytes { line in
          _ = try? writer.append(line, to: .clicks, partition: 0)
        }
        isAppended.signal()
      }
      try #require(isAppended.wait(timeout: .now() + .milliseconds(100)) == .timedOut)
      #expect(ftruncate(other, 0) == 0)
      try #require(flock(other, LOCK_UN) == 0)
      try #require(isAppended.wait(timeout: .now() + 60) == .success)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "second line\n")
    }
  }

  @Test func `another number of partitions is refused and changes nothing`() throws {
    try withDirectory { directory in
      _ = try FileLogWriter(directory: directory, partitions: 2)
      let error = #expect(throws: ConnectorError.self) {
        try FileLogWriter(directory: directory, partitions: 3)
      }
      #expect(
        error?.description == """
          log "\(directory)" has 2 partitions, 3 were asked for; \
          leave --partitions out, or write to a new directory
          """
      )
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/clicks")
      #expect(names.count == 2)
    }
  }

  @Test func `a file in the directory's place is named in the message`() throws {
    try withDirectory { path in
      try "".write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: ConnectorError.self) { try FileLogWriter(directory: path) }
      #expect(error?.message.hasPrefix("could not make the directory \"\(path)/clicks\":") == true)
    }
  }
}
