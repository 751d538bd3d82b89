import ArgumentParser
import Programs

/// Attribution and figures, one after the other.
struct Pipeline: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run attribute, then kpis, then refresh the views. Not built yet."
  )

  func run() throws {
    throw Failure.notBuilt(
      "batch-job pipeline",
      promise: "it will run attribute and kpis and refresh the materialized views"
    )
  }
}
