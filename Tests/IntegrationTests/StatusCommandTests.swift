import Attribution
import Connect
import Foundation
import PostgresConnect
import TestSupport
import Testing

/// What `stream-job status` says of tasks that were only taken over.
@Suite struct StatusCommandTests {
  private let directory: TemporaryDirectory
  private let address: PostgresAddress
  private let task: any TaskSink

  init() throws {
    directory = try TemporaryDirectory()
    address = try TemporaryCluster.database()
    task = try PostgresSink(address, fault: nil)
      .makeTask(0, source: "file:/nowhere", rule: AttributionRule())
    _ = try task.open()
  }

  private func status(_ arguments: [String] = []) throws -> String {
    let outcome = try ProgramRun.run(
      "stream-job",
      ["status", "--into", address.connectionString] + arguments,
      in: directory
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    return outcome.output
  }

  private func report() throws -> [String: Any] {
    let data = Data(try status(["--json"]).utf8)
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func `a task that has committed nothing yet has no time of a commit`() throws {
    defer { task.close() }
    let text = try status()
    #expect(text.contains(" 0/s, no commit yet, generation 1, epoch 0\n"), "\(text)")
    let report = try report()
    let line = try #require((report["tasks"] as? [[String: Any]])?.first)
    #expect(line["epoch"] as? Int == 0)
    let total = try #require(report["total"] as? [String: Any])
    for key in ["last_commit", "seconds_since_commit"] {
      #expect(line[key] == nil)
      #expect(total[key] == nil)
    }
  }

  @Test func `a task's first commit has a time`() throws {
    defer { task.close() }
    _ = try task.commit(task.makeEpoch(), progress: TaskProgress())
    let text = try status()
    #expect(text.contains("/s, committed ") && text.contains(" ago, generation 1, epoch 1\n"))
    let report = try report()
    let line = try #require((report["tasks"] as? [[String: Any]])?.first)
    #expect((line["last_commit"] as? String)?.hasPrefix("20") == true)
    let total = try #require(report["total"] as? [String: Any])
    #expect(line["seconds_since_commit"] is Double && total["seconds_since_commit"] is Double)
  }
}
