import ArgumentParser
import Foundation

/// Measures the engine piece by piece, each beside the limit it cannot beat.
@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Measure the engine piece by piece, each beside the limit it cannot beat."
  )

  @Option(help: "Run only the benchmark of this name, or those whose names contain it, and limits.")
  var filter: String?
  @Option(help: "Measured runs of each benchmark, after one to warm up.")
  var runs = 5
  @Option(help: "Multiplies the size of every input.")
  var scale = 1.0
  @Option(help: ArgumentHelp("Also write the results as JSON lines.", valueName: "file"))
  var json: String?
  @Flag(help: "Print the names and stop.")
  var list = false

  func validate() throws {
    guard runs >= 1 else { throw ValidationError("--runs is \(runs): expected at least 1") }
    guard scale > 0, scale.isFinite else {
      throw ValidationError("--scale is \(scale): expected more than 0")
    }
    guard !selected.isEmpty else {
      throw ValidationError("no benchmark is named like \"\(filter ?? "")\"; hint: --list")
    }
  }

  func run() throws {
    let benchmarks = selected
    if list { return benchmarks.forEach { print($0.name) } }
    if Machine.buildConfiguration == "debug" {
      writeError("built without optimisation; hint: swift run -c release benchmarks\n")
    }
    let context = BenchmarkContext(scale: scale)
    defer { context.cleanUp() }
    let file = try json.map(openEmpty)
    let machine = Machine.current()
    let table = ReportTable(names: benchmarks.map(\.name))
    show(table.heading(machine))
    var measurements: [Measurement] = []
    for group in benchmarks.takingTurns {
      for measurement in try group.measure(in: context, runs: runs, after: measurements) {
        measurements.append(measurement)
        show(table.line(measurement))
        try file?.write(contentsOf: ReportLine(measurement, machine: machine).encoded())
      }
    }
  }

  /// The benchmarks that the filter names, and the limits they are compared with.
  private var selected: [Benchmark] {
    guard let filter else { return allBenchmarks }
    let isName = allBenchmarks.contains { $0.name == filter }
    var names = Set(
      allBenchmarks.map(\.name).filter { isName ? $0 == filter : $0.contains(filter) }
    )
    // A limit stands before what it bounds, so one pass from the end finds limits of limits too.
    for benchmark in allBenchmarks.reversed() where names.contains(benchmark.name) {
      if let limit = benchmark.limit { names.insert(limit) }
    }
    return allBenchmarks.filter { names.contains($0.name) }
  }

  private func openEmpty(_ path: String) throws -> FileHandle {
    let url = URL(filePath: path)
    try Data().write(to: url)
    return try FileHandle(forWritingTo: url)
  }

  /// Prints a line at once, also into a pipe.
  private func show(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  private func writeError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
