import ArgumentParser
import InboxPipeline
import PostgresConnect
import Programs

/// Frees a lease that a run left behind.
struct PipelineUnlock: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlock",
    abstract: "Free the lease of a run that died; a live one only by force.",
    discussion: """
      Seldom needed: the next run takes over by itself once the holder is dead or silent for the \
      lease's duration. The run that is deprived of it cannot commit.
      """
  )

  @OptionGroup var common: PipelineCommonOptions

  @Flag(help: "Free it though its holder is at work.")
  var force = false

  func run() throws {
    let database = try common.database(common.configuration())
    let address = try database.startMigrated(madeBy: "batch-job pipeline --root DIR --once")
    let connection = try PostgresConnection(address, applicationName: "firstclick pipeline")
    defer { connection.close() }
    guard let state = try Lease.state(on: connection), let name = state.holderName else {
      print("the lease is free")
      return
    }
    guard !state.isLive || force else {
      throw Failure(
        .failed,
        "the lease is held by \(name), which is at work or was within the lease's duration",
        hint: "Let it finish, or write --force: it can then not commit."
      )
    }
    try Lease.breakLease(state, on: connection)
    print("freed the lease of \(name)")
  }
}
