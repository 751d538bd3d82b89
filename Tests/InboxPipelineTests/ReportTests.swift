import Connect
import Foundation
import Logging
import Runtime
import Testing

@testable import InboxPipeline

/// How runs end: what is written, who is told, and what becomes of files that failed them.
@Suite struct ReportTests {
  private let trial: InboxTrial
  private let channel = ToldResults()

  init() throws {
    trial = try InboxTrial()
    trial.settings.channels = [channel]
    try trial.settings.inbox.prepare()
  }

  @Test func `a run that can read no file failed, and is noted and told each time`() throws {
    try trial.put("orders.csv", ShopFiles.orders)
    chmod("\(trial.root)/input/orders.csv", 0)
    for attempt in 1...3 {
      let run = try makeRun()
      // The server's socket may be another user's: connected before.
      _ = try run.connection()
      try mindingPermissions { try run.collect() }
      try run.report()
      #expect(run.result.status == .failed)
      #expect(!run.result.isIdle)
      #expect(run.result.failure == nil)
      #expect(run.result.otherFiles["orders.csv"]?.hasSuffix("Permission denied") == true)
      #expect(run.result.deadFiles == (attempt == 3 ? ["orders.csv"] : []))
    }
    #expect(channel.results.map(\.status) == [.failed, .failed, .failed])
    #expect(trial.names(in: "results").count == 3)
    #expect(trial.names(in: "dead") == ["orders.csv", "orders.csv.errors.json"])
    #expect(
      try trial.query("SELECT status FROM pipeline_runs")
        == [["FAILED"], ["FAILED"], ["FAILED"]]
    )
  }

  @Test func `a result that cannot be written is told, and ends the run with its error`() throws {
    try putShop()
    try makeResultsUnwritable()
    try expectUnwrittenResult()
    #expect(channel.results.map(\.status) == [.succeeded])
    try FileManager.default.removeItem(atPath: "\(trial.root)/results")
    // The next run writes it, and says so.
    try trial.run()
    #expect(trial.names(in: "results").contains("\(channel.results[0].run).json"))
  }

  @Test func `a result that cannot be written ends the run with its error after a failure too`()
    throws
  {
    try putShop()
    try trial.execute("ALTER TABLE staging_orders RENAME TO moved_away")
    try makeResultsUnwritable()
    try expectUnwrittenResult()
    #expect(channel.results.map(\.status) == [.failed])
    #expect(channel.results.first?.failure?.step == "stage")
  }

  @Test(arguments: [true, false])
  func `a report that is tried again changes nothing but the time`(isUnreadable: Bool) throws {
    try trial.put("orders.csv", ShopFiles.orders)
    let file = try #require(try InboxListing(of: trial.settings.inbox).files.first)
    let taken = TakenFile(file: file, hash: try ContentHash(of: file))
    let trouble = ConnectorError(.permanent, "trouble")
    var ledger = FailureLedger(of: trial.settings.inbox)
    for attempt in 1..<FailureLedger.limit {
      let failure = FailureLedger.Failure(run: "\(attempt)", step: "", error: "", failedAt: "")
      _ = try ledger.add(failure, of: taken)
    }
    let run = try makeRun()
    if isUnreadable {
      run.batch.unreadable = [.init(file: taken, error: trouble)]
    } else {
      run.batch.files = [taken]
      _ = run.machine.stepFailed(StepFailure(trouble, blaming: taken), isStopping: false)
    }
    for _ in 1...2 {
      try run.report()
      #expect(run.result.status == .failed)
      #expect(run.result.deadFiles == ["orders.csv"])
      #expect(run.result.waitingFiles.isEmpty)
      #expect(try trial.json(of: ".pipeline/failures.json").isEmpty)
    }
    #expect(channel.results.count == 1)
  }

  @Test func `what files wait for is said once, however many there are`() throws {
    let run = try makeRun()
    run.noteWaiting(["orders_1.csv"])
    run.noteWaiting(["orders_2.csv"])
    #expect(run.result.waitingFor == ["an end of changes"])
    #expect(run.result.waitingFiles == ["orders_1.csv", "orders_2.csv"])
  }

  // MARK: - Runs

  private func putShop() throws {
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders.csv", ShopFiles.orders)
    try trial.put("order_items.csv", ShopFiles.items)
  }

  private func makeResultsUnwritable() throws {
    try FileManager.default.removeItem(atPath: "\(trial.root)/results")
    try Data().write(to: URL(fileURLWithPath: "\(trial.root)/results"))
  }

  private func expectUnwrittenResult() throws {
    let error = #expect(throws: ConnectorError.self) { try trial.run() }
    let attempt = "could not rename \(trial.settings.inbox.state)/writing"
    #expect(error?.message.hasPrefix(attempt) == true)
    #expect(error?.message.hasSuffix("Not a directory") == true)
  }

  /// A run that has not begun, whose steps are called one by one.
  private func makeRun() throws -> PipelineRun {
    let lease = try #require(
      try Lease.take(
        Lease.state(on: trial.connection),
        for: .current,
        inbox: trial.root,
        duration: trial.settings.leaseDuration,
        on: trial.connection
      )
    )
    return PipelineRun(
      settings: trial.settings,
      lease: lease,
      heartbeat: LeaseHeartbeat(lease, at: trial.address),
      control: trial.control,
      clock: .system,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      fault: nil,
      watch: InboxWatch(quietPeriod: trial.settings.quietPeriod),
      progress: RunProgress(),
      previous: nil
    )
  }
}
