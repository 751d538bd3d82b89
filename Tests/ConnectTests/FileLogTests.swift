import Connect
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct FileLogTests {
  @Test func `the i-th files of both streams, sorted by name, are partition i`() throws {
    try LogDirectory.with { log in
      for name in ["b.jsonl", "10.jsonl", "9.jsonl", ".hidden.jsonl", "notes.txt"] {
        try log.append("\(name)\n", to: .clicks, name)
      }
      for name in ["x.jsonl", "y.jsonl", "z.jsonl"] { try log.append("", to: .checkouts, name) }
      let source = try FileLog(directory: log.path)
      #expect(try source.partitionCount() == 3)
      let firstLines = try (0..<3).map { try log.open(partition: $0).text(atMost: 100) }
      #expect(firstLines == ["10.jsonl\n", "9.jsonl\n", "b.jsonl\n"])
    }
  }

  @Test func `a log is known by the real path of its directory`() throws {
    try LogDirectory.with { log in
      try withTemporaryDirectory { links in
        let link = "\(links)/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: log.path)
        let identity = try FileLog(directory: link).identity
        #expect(try FileLog(directory: log.path).identity == identity)
        #expect(identity.hasPrefix("file:/"))
      }
    }
  }

  @Test func `a missing directory says how to make a log`() {
    let error = #expect(throws: ConnectorError.self) { try FileLog(directory: "no/such/log") }
    #expect(
      error?.description
        == "could not open the log directory \"no/such/log\": No such file or directory; "
        + "make a log first with: swift run generator --to file:DIR"
    )
    #expect(error?.kind == .permanent)
  }

  @Test func `a directory without the two streams is no log`() throws {
    try withTemporaryDirectory { path in
      let error = #expect(throws: ConnectorError.self) { try FileLog(directory: path) }
      #expect(error?.message.contains("\(path)/clicks") == true)
    }
  }

  @Test func `differing counts of files are refused`() throws {
    try LogDirectory.with { log in
      try log.append("", to: .clicks, "0.jsonl")
      try log.append("", to: .clicks, "1.jsonl")
      try log.append("", to: .checkouts, "0.jsonl")
      let source = try FileLog(directory: log.path)
      let error = #expect(throws: ConnectorError.self) { try source.partitionCount() }
      #expect(error?.message == "log \"\(log.path)\" has 2 click files and 1 checkout files")
    }
  }

  @Test func `a new file is a partition behind the others, or refused`() throws {
    try LogDirectory.with(clicks: "a\n") { log in
      let source = try FileLog(directory: log.path)
      for stream in StreamKind.allCases { try log.append("", to: stream, "1.jsonl") }
      #expect(try source.partitionCount() == 2)
      for stream in StreamKind.allCases { try log.append("", to: stream, "00.jsonl") }
      let between = #expect(throws: ConnectorError.self) { try source.partitionCount() }
      #expect(
        between?.message == "partition 1 of \"\(log.path)/clicks\" was the file \"1.jsonl\", found "
          + "\"00.jsonl\" in its place"
      )
      for name in ["00.jsonl", "1.jsonl"] {
        try FileManager.default.removeItem(atPath: log.path(.clicks, name))
      }
      let gone = #expect(throws: ConnectorError.self) { try source.partitionCount() }
      #expect(
        gone?.message == "partition 1 of \"\(log.path)/clicks\" was the file \"1.jsonl\", found "
          + "nothing in its place"
      )
    }
  }

  @Test func `partitions are opened while others are added`() throws {
    try LogDirectory.with(clicks: "a\n") { log in
      let source = try FileLog(directory: log.path)
      let isGrown = Atomic(false)
      let errors = Mutex<[String]>([])
      DispatchQueue.concurrentPerform(iterations: 4) { thread in
        do {
          if thread == 0 {
            defer { isGrown.store(true, ordering: .releasing) }
            for number in 1...300 { try log.append("", to: .clicks, "1\(1000 + number).jsonl") }
          }
          while !isGrown.load(ordering: .acquiring) {
            _ = try source.open(.clicks, partition: 0, at: nil, until: .never)
          }
        } catch {
          errors.withLock { $0.append("\(error)") }
        }
      }
      #expect(errors.withLock { $0 } == [])
    }
  }

  @Test(arguments: [S_IFIFO, S_IFDIR])
  func `what is no regular file is refused`(kind: mode_t) throws {
    try LogDirectory.with { log in
      let path = log.path(.clicks, "0.jsonl")
      try #require((kind == S_IFIFO ? mkfifo(path, 0o600) : mkdir(path, 0o700)) == 0)
      let error = #expect(throws: ConnectorError.self) { try log.open() }
      #expect(error?.message == "\"\(path)\" is no regular file")
    }
  }

  @Test func `a log without files is refused`() throws {
    try LogDirectory.with { log in
      let source = try FileLog(directory: log.path)
      #expect(throws: ConnectorError.self) { try source.partitionCount() }
    }
  }

  @Test func `a position of a renamed file is refused`() throws {
    try LogDirectory.with(clicks: "a\nb\n") { log in
      let position = try log.open().position
      #expect(position.token == "0.jsonl:0")
      try FileManager.default.moveItem(
        atPath: log.path(.clicks, "0.jsonl"),
        toPath: log.path(.clicks, "1.jsonl")
      )
      let error = #expect(throws: ConnectorError.self) { try log.open(at: position) }
      #expect(
        error?.message
          == "position \"0.jsonl:0\" expects the file \"0.jsonl\" in \"\(log.path)/clicks\", "
          + "found \"1.jsonl\" in its place"
      )
      #expect(error?.kind == .permanent)
    }
  }

  @Test(arguments: ["", "12", "0.jsonl:", "0.jsonl:-1", "0.jsonl:x"])
  func `a position of another kind is refused`(token: String) throws {
    try LogDirectory.with(clicks: "a\n") { log in
      let error = #expect(throws: ConnectorError.self) { try log.open(at: SourcePosition(token)) }
      #expect(error?.message == "position \"\(token)\" is not of the form NAME:BYTES")
    }
  }

  @Test func `a file shorter than its position is refused`() throws {
    try LogDirectory.with(clicks: "a\n") { log in
      let error = #expect(throws: ConnectorError.self) {
        try log.open(at: SourcePosition("0.jsonl:3"))
      }
      #expect(
        error?.message
          == "file \"\(log.path)/clicks/0.jsonl\" has 2 bytes, expected at least 3: "
          + "it was truncated or replaced"
      )
    }
  }
}
