import Attribution
import Connect
import Dataflow
import Events
import Foundation
import PostgresConnect

/// The sink committing raw clicks, beside PostgreSQL's own COPY of the same rows from ready files.
let copyBenchmarks = [1, 4].flatMap { connections in
  [
    Benchmark(name: "copy.limit/connections-\(connections)", unit: .rows) { context in
      let load = try CopyLoad(context, connections: connections)
      return Workload(
        count: load.rowCount,
        byteCount: load.byteCount,
        beforeRun: load.empty,
        run: load.copyFiles,
        cleanUp: load.cleanUp
      )
    },
    Benchmark(
      name: "sink.commit/connections-\(connections)",
      unit: .rows,
      limit: "copy.limit/connections-\(connections)"
    ) { context in
      let load = try CopyLoad(context, connections: connections)
      return Workload(
        count: load.rowCount,
        byteCount: load.byteCount,
        beforeRun: load.empty,
        run: load.commitEpochs,
        cleanUp: load.cleanUp
      )
    },
  ]
}

/// The same clicks as filled epochs, a list for each connection, and as binary COPY files on the
/// server.
///
/// Unchecked: each connection's sink and epochs are touched by one thread at a time.
private final class CopyLoad: @unchecked Sendable {
  let rowCount: Int
  private(set) var byteCount = 0
  private let cluster: PrivateCluster
  private let address: PostgresAddress
  private let control: PostgresConnection
  private let tasks: [(sink: any TaskSink, epochs: [any Epoch])]
  private let files: [String]

  init(_ context: BenchmarkContext, connections: Int) throws {
    let input = DecodedClicks(DecodeInput(lines: context.scaled(1_000_000), .click))
    rowCount = input.recordCount
    cluster = PrivateCluster(
      directory: try context.directory().appending(path: "postgres-\(connections)").path
    )
    address = try cluster.start()
    control = try PostgresConnection(address)
    _ = try Migrations(on: control).apply()
    let sink = PostgresSink(address)
    tasks = try (0..<connections).map { task in
      (try sink.makeTask(task, source: "benchmark", rule: AttributionRule()), [])
    }.enumerated().map { task, entry in
      let batches = input.batches.enumerated().filter { $0.offset % connections == task }
      return (entry.0, CopyLoad.epochs(of: batches.map(\.element), for: entry.0))
    }
    files = try Self.exportFiles(connections: connections, on: control, loading: tasks)
    byteCount = tasks.reduce(0) { $0 + $1.epochs.reduce(0) { $0 + $1.byteCount } }
  }

  /// Epochs of about 16 batches, as a job under load commits them.
  private static func epochs(of batches: [ClickBatch], for sink: any TaskSink) -> [any Epoch] {
    stride(from: 0, to: batches.count, by: 16).map { start in
      let epoch = sink.makeEpoch()
      for batch in batches[start..<min(start + 16, batches.count)] {
        epoch.append(
          batch,
          verdicts: [Verdict](repeating: .onTime, count: batch.records.count),
          watermarks: [Watermark](repeating: .beginning, count: batch.records.count)
        )
      }
      return epoch
    }
  }

  /// Loads the rows once and has the server write each connection's share to a file.
  private static func exportFiles(
    connections: Int,
    on control: PostgresConnection,
    loading tasks: [(sink: any TaskSink, epochs: [any Epoch])]
  ) throws -> [String] {
    let directory = try control.query("SHOW data_directory").first?.first.flatMap { $0 } ?? ""
    return try tasks.enumerated().map { task, entry in
      try control.execute("TRUNCATE ecommerce.raw_clicks, ecommerce.stream_progress")
      _ = try entry.sink.open()
      for epoch in entry.epochs { _ = try entry.sink.commit(epoch, progress: TaskProgress()) }
      let file = "\(directory)/benchmark-\(task).copy"
      try control.execute(
        "COPY (SELECT * FROM ecommerce.raw_clicks) TO '\(file)' (FORMAT binary)"
      )
      return file
    }
  }

  func empty() throws {
    try control.execute("TRUNCATE ecommerce.raw_clicks, ecommerce.stream_progress")
    try control.execute("CHECKPOINT")
    for task in tasks { _ = try task.sink.open() }
  }

  func copyFiles() throws -> Outcome {
    try onEveryConnection { task in
      let connection = try PostgresConnection(self.address)
      try connection.execute("COPY ecommerce.raw_clicks FROM '\(self.files[task])' (FORMAT binary)")
      connection.close()
    }
  }

  func commitEpochs() throws -> Outcome {
    try onEveryConnection { task in
      let (sink, epochs) = self.tasks[task]
      for epoch in epochs { _ = try sink.commit(epoch, progress: TaskProgress()) }
    }
  }

  private func onEveryConnection(_ body: @escaping @Sendable (Int) throws -> Void) throws -> Outcome
  {
    try concurrently(tasks.count, body)
    return Outcome(checksum: UInt64(rowCount))
  }

  func cleanUp() {
    for task in tasks { task.sink.close() }
    control.close()
    try? cluster.stop()
  }
}
