import AWSClient
import CScan
import Connect
import Dataflow
import Foundation
import KinesisConnect
import Logging

/// Calls of Kinesis against a fake in this process: all of a call but the network.
///
/// Rates are per core: what is measured is processor time.
let kinesisBenchmarks = [
  Benchmark(name: "kinesis.put/digest", unit: .events) { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let bodies = input.bodies()
    return Workload(count: input.recordCount, byteCount: input.byteCount) {
      byProcessorTime {
        var checksum = Checksum()
        for body in bodies {
          body.bytes.withUnsafeBytes { checksum.combine(Digest.sha256($0)[0]) }
        }
        return checksum.value
      }
    }
  },
  Benchmark(name: "kinesis.put/client", unit: .events, limit: "kinesis.put/digest") { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let client = try KinesisClient.ofFake(PutFake())
    return Workload(count: input.recordCount, byteCount: input.byteCount) {
      try byProcessorTime {
        var failures = 0
        try input.eachBody { body, recordCount in
          failures += try client.putRecords(
            body,
            recordCount: recordCount,
            to: KinesisInput.stream
          ).failures.count
        }
        return UInt64(failures)
      }
    }
  },
  Benchmark(name: "kinesis.put/writer", unit: .events, limit: "kinesis.put/digest") { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let settings = try KinesisSettings.ofFake
    return Workload(count: input.recordCount, byteCount: input.byteCount) {
      try byProcessorTime {
        let writer = try KinesisLogWriter(
          settings,
          makesMissing: false,
          client: .ofFake(PutFake())
        )
        try input.events.replay(into: writer)
        try writer.finish()
        return UInt64(writer.deliveredCount)
      }
    }
  },
  Benchmark(name: "kinesis.get/client", unit: .events) { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let fake = GetFake(input)
    let client = try KinesisClient.ofFake(fake)
    let calls = input.recordCount / fake.recordCount
    return Workload(count: calls * fake.recordCount, byteCount: calls * fake.byteCount) {
      try byProcessorTime {
        var checksum = Checksum()
        for _ in 0..<calls {
          let page = try client.records(
            from: ShardIterator(token: "t"),
            of: "shardId-000000000000",
            in: KinesisInput.stream
          )
          for record in page.records {
            checksum.combine(record.data.count &+ record.partitionKey.count)
          }
        }
        return checksum.value
      }
    }
  },
  Benchmark(name: "kinesis.read/slices", unit: .events, limit: "kinesis.get/client") { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let fake = ShardFake(input)
    let settings = try KinesisSettings.ofFake
    return Workload(count: fake.recordCount, byteCount: fake.byteCount) {
      try byProcessorTime {
        let log = try KinesisLog(
          settings,
          client: .ofFake(fake),
          logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        )
        var readers = try (0..<log.partitionCount()).map {
          try log.open(.clicks, partition: $0, at: nil, until: .endOfLog)
        }
        var records = 0
        while !readers.isEmpty {
          var isWaiting = true
          try readers.removeAll { reader in
            let run = try reader.read(atMost: 256 << 10)
            if case .messages(let messages) = run.framing { records += messages.count }
            if !run.isEmpty { isWaiting = false }
            return run.isCaughtUp
          }
          if isWaiting { usleep(1000) }
        }
        return UInt64(records)
      }
    }
  },
]

/// The outcome of work that gives a checksum.
private func byProcessorTime(_ work: () throws -> UInt64) rethrows -> Outcome {
  let start = BrokerTime.clientSeconds
  let checksum = try work()
  return Outcome(checksum: checksum, seconds: BrokerTime.clientSeconds - start)
}

extension KinesisSettings {
  /// Of no server: the transport is a fake, which may be asked at any pace.
  fileprivate static var ofFake: KinesisSettings {
    get throws(ConnectorError) {
      var settings = try KinesisSettings(region: "eu-west-1", prefix: "shop", endpoint: nil)
      settings.reading.pacing = ShardPacing(least: .milliseconds(10), atEnd: .milliseconds(10))
      return settings
    }
  }
}

extension KinesisClient {
  fileprivate static func ofFake(
    _ transport: some HTTPTransport
  ) throws(ConnectorError) -> KinesisClient {
    KinesisClient(
      try .ofFake,
      environment: ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"],
      transport: transport
    )
  }
}
