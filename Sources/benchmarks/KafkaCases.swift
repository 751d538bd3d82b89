import Connect
import Foundation
import KafkaConnect
import Runtime

/// Reading Kafka from a broker in another process, which takes some of the machine: first librdkafka
/// alone, then with the decoders beside it, then our reader with the decoders behind it, then whole
/// jobs, one over an embedded log of the same events and partitions.
///
/// Processor times are of this process alone, its client's threads included, unless they say that they
/// are the broker's. How near the last comes to what the machine has room for: `KafkaCosts`.
let kafkaBenchmarks = [
  Benchmark(name: "kafka.consume/librdkafka", unit: .events) { context in
    let topics = try KafkaTopics.shared(in: context)
    return Workload(count: topics.lineCount, byteCount: topics.byteCount) {
      try ProcessorTime.measure(topics.lineCount) {
        Outcome(checksum: UInt64(try topics.consumeRaw()))
      }
    }
  },
  Benchmark(name: "kafka.consume/decode-beside", unit: .events) { context in
    let topics = try KafkaTopics.shared(in: context)
    return Workload(count: topics.lineCount, byteCount: topics.byteCount) {
      try ProcessorTime.measure(topics.lineCount) {
        Outcome(checksum: UInt64(try topics.consumeAndDecodeBeside()))
      }
    }
  },
  Benchmark(
    name: "kafka.read/decode",
    unit: .events,
    limit: "kafka.consume/decode-beside",
    alternatesWithLimit: true
  ) { context in
    let topics = try KafkaTopics.shared(in: context)
    return Workload(count: topics.lineCount, byteCount: topics.byteCount) {
      try ProcessorTime.measure(topics.lineCount) {
        Outcome(checksum: UInt64(try topics.readAndDecode()))
      }
    }
  },
  Benchmark(name: "kafka.job/file", unit: .events) { context in
    let topics = try KafkaTopics.shared(in: context)
    let directory = try context.directory().appending(path: "csv").path
    return Workload(count: topics.lineCount, byteCount: topics.byteCount) {
      let job = try StreamingJob(
        reading: FileLog(directory: topics.directory),
        into: CSVSink(directory: directory, untilEnd: true)
      )
      return try ProcessorTime.measure(
        topics.lineCount,
        noting: { topics.costs.note(.fileJob, seconds: $0) }
      ) {
        try job.run()
        return job.outcome()
      }
    }
  },
  Benchmark(
    name: "kafka.job/kafka",
    unit: .events,
    limit: "kafka.job/file",
    alternatesWithLimit: true
  ) { context in
    let topics = try KafkaTopics.shared(in: context)
    let directory = try context.directory().appending(path: "csv").path
    return Workload(
      count: topics.lineCount,
      byteCount: topics.byteCount,
      beforeRun: topics.noteBareConsuming
    ) {
      try topics.besideBroker {
        let job = try StreamingJob(
          reading: topics.log(),
          into: CSVSink(directory: directory, untilEnd: true)
        )
        return try ProcessorTime.measure(topics.lineCount) {
          try job.run()
          return job.outcome()
        }
      }
    }
  },
]
