import Connect
import Foundation
import KafkaConnect
import Runtime

/// Reading Kafka from a broker in this process, which takes some of the machine: first librdkafka
/// alone, then our reader with the decoders behind it, then whole jobs, one over an embedded log of
/// the same events and partitions.
let kafkaBenchmarks = [
  Benchmark(name: "kafka.consume/librdkafka", unit: .events) { context in
    let topics = try KafkaTopics.shared(in: context)
    return Workload(count: topics.lineCount, byteCount: topics.byteCount) {
      let count = try topics.consumeRaw()
      return Outcome(checksum: UInt64(count))
    }
  },
  Benchmark(
    name: "kafka.read/decode",
    unit: .events,
    limit: "kafka.consume/librdkafka",
    alternatesWithLimit: true
  ) { context in
    let topics = try KafkaTopics.shared(in: context)
    return Workload(count: topics.lineCount, byteCount: topics.byteCount) {
      let count = try topics.readAndDecode()
      return Outcome(checksum: UInt64(count))
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
      try job.run()
      return job.outcome()
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
    return Workload(count: topics.lineCount, byteCount: topics.byteCount) {
      let job = try StreamingJob(
        reading: topics.log(),
        into: CSVSink(directory: directory, untilEnd: true)
      )
      try job.run()
      return job.outcome()
    }
  },
]
