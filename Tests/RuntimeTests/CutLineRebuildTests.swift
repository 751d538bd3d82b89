import Attribution
import Connect
import Dataflow
import Foundation
import TestSupport
import Testing

@testable import Runtime

/// Bounded runs that come upon a click's line which is still being written, one after another.
@Suite struct CutLineRebuildTests {
  /// A file log of one partition and what it goes to; no writer is waited for.
  private struct Trial {
    let directory: String
    let sink = MemorySink(rule: .with(.early))

    init(_ directory: String) throws {
      self.directory = directory
      for stream in StreamKind.allCases {
        try FileManager.default.createDirectory(
          atPath: "\(directory)/\(stream.rawValue)",
          withIntermediateDirectories: true
        )
        try Data().write(to: url(stream))
      }
    }

    /// Reads the log to its end, on a state that is rebuilt.
    func run(clicks: String = "", checkouts: String = "") throws {
      try append(clicks, to: .clicks)
      try append(checkouts, to: .checkouts)
      let log = try FileLog(directory: directory, awaitWriter: {})
      let task = try SteppedTask(log, into: sink, smallSteps(rule: .with(.early)))
      #expect(try task.settle() == .finished)
    }

    private func append(_ text: String, to stream: StreamKind) throws {
      let file = try FileHandle(forWritingTo: url(stream))
      defer { try? file.close() }
      try file.seekToEnd()
      try file.write(contentsOf: Data(text.utf8))
    }

    private func url(_ stream: StreamKind) -> URL {
      URL(fileURLWithPath: "\(directory)/\(stream.rawValue)/0.jsonl")
    }
  }

  /// So many runs, so many seconds of event time apart: each reads a click and a checkout of another
  /// user, and the first half of a click of `u`, whose second half the next run reads.
  private func cut(_ trial: Trial, runs: Int, secondsApart: Double) throws {
    var rest = ""
    for run in 0..<runs {
      let time = EventTime.at(Double(run) * secondsApart)
      let whole = line(.clicks, "whole\(run)", user: "v", at: time) + "\n"
      let torn = line(.clicks, "torn\(run)", user: "u", at: time) + "\n"
      try trial.run(
        clicks: rest + whole + torn.prefix(30),
        checkouts: line(.checkouts, "k\(run)", user: "v", at: time) + "\n"
      )
      rest = String(torn.dropFirst(30))
    }
    try trial.run(clicks: rest)
  }

  @Test(arguments: [1, 64, 65, 130])
  func `lines stay cut for the state, however many there are`(runs: Int) throws {
    try withTemporaryDirectory { directory in
      let trial = try Trial(directory)
      try cut(trial, runs: runs, secondsApart: 20)
      let end = EventTime.at(Double(runs) * 20)
      try trial.run(
        clicks: line(.clicks, "last", user: "u", at: end) + "\n",
        checkouts: line(.checkouts, "k", user: "u", at: end) + "\n"
      )
      #expect(trial.sink.violations == [])
      let stored = trial.sink.stored()
      #expect(stored.deadLetters == 2 * runs)
      #expect(stored.rows["k"] == .init(clickID: "last", clicksInWindow: 1))
    }
  }

  @Test func `a position says no more of cuts than a rebuild needs`() throws {
    try withTemporaryDirectory { directory in
      let trial = try Trial(directory)
      try cut(trial, runs: 200, secondsApart: 600)
      #expect(trial.sink.violations == [])
      let cuts = try #require(trial.sink.stored().progress?.clicks.position?.token)
        .count { $0 == "+" }
      // Of the window of an hour, the delay, and the run before.
      #expect((6...9).contains(cuts))
    }
  }
}
