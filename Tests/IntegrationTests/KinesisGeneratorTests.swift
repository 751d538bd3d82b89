import Connect
import Dataflow
import Foundation
import TestSupport
import Testing

/// The generator as a user runs it against Kinesis.
@Suite struct KinesisGeneratorTests {
  private static let rough = [
    "--seed", "5", "--events", "1800", "--late", "0.05", "--duplicates", "0.05", "--orphans", "0.1",
    "--ties", "0.1", "--edges", "0.1", "--span", "10m",
  ]

  /// The lines of a file log of one partition, by stream.
  private static func fileLog(in directory: TemporaryDirectory) throws -> [StreamKind: [String]] {
    let file = try ProgramRun.run(
      "generator",
      rough + ["--to", "file:log", "--partitions", "1"],
      in: directory
    )
    #expect(file.exitCode == 0)
    var lines: [StreamKind: [String]] = [:]
    for stream in StreamKind.allCases {
      let path = directory.url.appending(path: "log/\(stream.rawValue)/part-00000.jsonl")
      lines[stream] = try String(contentsOf: path, encoding: .utf8)
        .split(separator: "\n").map(String.init)
    }
    return lines
  }

  /// What a stream holds, by the users' ids, in the order of storing; resent messages once.
  private static func stored(_ records: some Sequence<FakeRecord>) -> [String: [String]] {
    var order: [String: [String]] = [:]
    var last: [String: Set<String>] = [:]
    for record in records.sorted(by: { $0.sequenceNumber < $1.sequenceNumber }) {
      let isNew = last[record.partitionKey, default: []].insert(record.text).inserted
      if isNew { order[record.partitionKey, default: []].append(record.text) }
    }
    return order
  }

  @Test func `streams hold what a file log of the same seed holds, though calls fail`() throws {
    let directory = try TemporaryDirectory()
    let kinesis = try FakeKinesis(["shop-clicks": 3])
    defer { kinesis.stop() }
    kinesis.setClock(ahead: .hours(1))
    kinesis.onCall { call in
      guard call.action == "PutRecords" else { return nil }
      switch call.number % 9 {
      case 2:
        return .failRecords({ $0 % 3 == 1 }, code: "ProvisionedThroughputExceededException")
      case 4: return .throttle
      case 6: return .resetAfter
      case 8: return .internalFailure
      default: return nil
      }
    }
    let outcome = try ProgramRun.run(
      "generator",
      Self.rough + ["--to", kinesis.uri("shop"), "--create-streams"],
      in: directory,
      environment: kinesis.environment
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(
      outcome.output.hasPrefix(
        "wrote 1,500 clicks and 300 checkouts to \(kinesis.uri("shop")) (3 and 4 shards, "
      )
    )
    let file = try Self.fileLog(in: directory)
    for stream in StreamKind.allCases {
      let records = kinesis.records(of: "shop-\(stream.rawValue)").joined()
      // The key of each line, as the records say.
      let keys = Dictionary(records.map { ($0.text, $0.partitionKey) }) { first, _ in first }
      var expected: [String: [String]] = [:]
      var seen: Set<String> = []
      for line in try #require(file[stream]) where seen.insert(line).inserted {
        expected[keys[line] ?? "missing", default: []].append(line)
      }
      #expect(Self.stored(records) == expected)
    }
  }

  @Test func `what cannot be delivered is counted, and the exit code is 1`() throws {
    let directory = try TemporaryDirectory()
    let kinesis = try FakeKinesis(["shop-clicks": 1, "shop-checkouts": 1])
    defer { kinesis.stop() }
    kinesis.onCall { call in
      guard call.action == "PutRecords" else { return nil }
      return .failRecords({ $0 >= 0 }, code: "InternalFailure")
    }
    let outcome = try ProgramRun.run(
      "generator",
      ["--events", "600", "--to", kinesis.uri("shop")],
      in: directory,
      environment: kinesis.environment.merging(["FIRSTCLICK_KINESIS_DELIVERY_TIMEOUT": "300ms"]) {
        $1
      }
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(
      outcome.errors.hasPrefix(
        "generator: could not deliver 600 of 600 messages to \(kinesis.uri("shop")): could not call "
          + "kinesis:PutRecords on stream \"shop-"
      )
    )
  }

  @Test func `without credentials it says where they are looked for`() throws {
    let directory = try TemporaryDirectory()
    let kinesis = try FakeKinesis()
    defer { kinesis.stop() }
    let outcome = try ProgramRun.run(
      "generator",
      ["--to", kinesis.uri("shop")],
      in: directory,
      environment: ["HOME": directory.path, "AWS_EC2_METADATA_DISABLED": "true"]
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("found no AWS credentials in the environment"))
    #expect(kinesis.withState { $0.callCounts.isEmpty })
  }
}
