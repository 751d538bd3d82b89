import Connect
import Foundation
import PostgresConnect
import Runtime

/// Whole jobs over 4 partitions with 4 workers, from the file log to the sink, beside reading the
/// same bytes and beside PostgreSQL's own COPY of the rows that they end with.
let jobBenchmarks =
  [
    Benchmark(name: "log.read/cat", unit: .events) { context in
      let log = try JobLog.day(isLate: false, in: context)
      let files = try (0..<JobLog.partitionCount).map(log.files(of:))
      return Workload(count: log.lineCount, byteCount: log.byteCount) {
        try concurrently(files.count) { try files[$0].forEach(readThrough) }
        return Outcome(checksum: UInt64(log.byteCount))
      }
    },
    Benchmark(
      name: "job.run/csv",
      unit: .events,
      limit: "log.read/cat",
      alternatesWithLimit: true
    ) { context in
      let log = try JobLog.day(isLate: false, in: context)
      let directory = try context.directory().appending(path: "csv").path
      return Workload(count: log.lineCount, byteCount: log.byteCount) {
        let job = try StreamingJob(
          reading: log,
          into: CSVSink(directory: directory, untilEnd: true)
        )
        try job.run()
        return job.outcome()
      }
    },
    Benchmark(name: "job.memory/24h", unit: .events) { context in
      let log = try JobLog.day(isLate: false, in: context)
      let directory = try context.directory().appending(path: "csv").path
      return Workload(count: log.lineCount, byteCount: log.byteCount) {
        // Short epochs: their buffers soon are as large as they get, and the state is what shows.
        let job = try StreamingJob(
          reading: log,
          into: CSVSink(directory: directory, untilEnd: true),
          commitInterval: .milliseconds(10)
        )
        let memory = MemoryByHour(of: job)
        memory.start()
        try job.run()
        return Outcome(checksum: job.outcome().checksum, figures: memory.figures())
      }
    },
  ] + postgresJobBenchmarks(isLate: false) + postgresJobBenchmarks(isLate: true)

/// The job with its defaults (early rows, late events restated), and the COPY of what it ends with.
///
/// The server reads the files itself: no client could feed it faster. Each file is a transaction,
/// larger than the job's of 32 MiB, which costs COPY less.
private func postgresJobBenchmarks(isLate: Bool) -> [Benchmark] {
  let variant = isLate ? "late" : "plain"
  let connections = JobLog.partitionCount
  return [
    Benchmark(name: "copy.limit/job-\(variant)", unit: .events) { context in
      let log = try JobLog.day(isLate: isLate, in: context)
      let database = try JobDatabase.shared(in: context)
      try database.empty()
      try StreamingJob(reading: log, into: PostgresSink(database.address)).run()
      try database.export(as: variant, connections: connections)
      return Workload(count: log.lineCount, byteCount: log.byteCount, beforeRun: database.empty) {
        try database.load(variant, connections: connections)
        return Outcome(checksum: UInt64(log.lineCount))
      }
    },
    Benchmark(
      name: "job.run/postgres-\(variant)",
      unit: .events,
      limit: "copy.limit/job-\(variant)",
      alternatesWithLimit: true
    ) { context in
      let log = try JobLog.day(isLate: isLate, in: context)
      let database = try JobDatabase.shared(in: context)
      return Workload(count: log.lineCount, byteCount: log.byteCount, beforeRun: database.empty) {
        let job = try StreamingJob(reading: log, into: PostgresSink(database.address))
        try job.run()
        return job.outcome()
      }
    },
  ]
}

/// Reads a file to its end by 256 KiB, as the log's reader does, and looks at nothing.
@Sendable private func readThrough(_ path: String) throws {
  let descriptor = open(path, O_RDONLY)
  guard descriptor >= 0 else { throw CocoaError(.fileReadNoSuchFile) }
  defer { close(descriptor) }
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
  defer { buffer.deallocate() }
  while true {
    let count = read(descriptor, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw CocoaError(.fileReadUnknown) }
    if count == 0 { return }
  }
}
