import Foundation
import TestSupport
import Testing

/// `make demo`, with fewer events and the programs that are built already.
@Suite struct DemoTests {
  @Test func `the demo runs to its end, and leaves no server`() throws {
    let directory = try TemporaryDirectory()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let programs = URL(filePath: ProgramRun.path(of: "stream-job")).deletingLastPathComponent()
    let demo = try ProgramRun.run(
      "/usr/bin/env",
      [
        "make", "-C", root.path, "demo", "BIN=\(programs.path)", "DEMO=\(directory.path)/demo",
        "DEMO_EVENTS=6000",
      ],
      in: directory
    )
    #expect(demo.exitCode == 0, "\(demo.errors)")
    let titles = demo.output.split(separator: "\n").filter { $0.hasPrefix("== ") }
    #expect(
      titles.map { $0.dropFirst(3) } == [
        "generate", "make a database", "attribute", "revenue by source", "first rows", "verify",
        "times",
      ]
    )
    #expect(demo.output.contains("(5 rows)"))
    #expect(demo.output.contains("differences: 0 (0 missing, 0 unexpected, 0 different)"))
    #expect(demo.output.contains("stopped the private PostgreSQL"))
  }
}
