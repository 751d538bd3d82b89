import Connect
import Foundation
import Runtime

/// Reading Kinesis from a server in another process: first every record by a bare loop, as fast as the
/// server answers, then a whole job.
///
/// Processor times are of this process alone.
let kinesisJobBenchmarks = [
  Benchmark(name: "kinesis.get/bare", unit: .events) { context in
    let streams = try KinesisStreams.shared(in: context)
    return Workload(count: streams.lineCount, byteCount: streams.byteCount) {
      try ProcessorTime.measure(streams.lineCount) {
        Outcome(checksum: UInt64(try streams.getAll()))
      }
    }
  },
  Benchmark(
    name: "kinesis.job/moto",
    unit: .events,
    limit: "kinesis.get/bare",
    alternatesWithLimit: true
  ) { context in
    let streams = try KinesisStreams.shared(in: context)
    let directory = try context.directory().appending(path: "csv").path
    return Workload(count: streams.lineCount, byteCount: streams.byteCount) {
      let job = try StreamingJob(
        reading: streams.log(),
        into: CSVSink(directory: directory, untilEnd: true)
      )
      return try ProcessorTime.measure(streams.lineCount) {
        try job.run()
        return job.outcome()
      }
    }
  },
]
