import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// A sink whose server goes away and comes back.
@Suite struct ServerRestartTests {
  @Test func `a commit waits out a restart of the server and is written once`() throws {
    let cluster = try TemporaryCluster(isDurable: true)
    defer { cluster.remove() }
    let address = try cluster.start()
    let control = try PostgresConnection(address)
    _ = try Migrations(on: control).apply()
    control.close()

    let messages = Messages()
    let sink = try PostgresSink(address).makeTask(0, source: "s", rule: AttributionRule())
    _ = try sink.open()
    let epoch = sink.makeEpoch()
    epoch.append(
      ClickBatch([messages.click("a", user: "u", at: 0)]),
      verdicts: [.onTime],
      watermark: .beginning
    )
    var progress = TaskProgress()
    progress.clicks.counts.records = 1

    try cluster.stop()
    for _ in 0..<2 {
      let error = #expect(throws: ConnectorError.self) {
        try sink.commit(epoch, progress: progress)
      }
      #expect(error?.kind == .transient)
    }
    try cluster.start()
    _ = try sink.commit(epoch, progress: progress)
    #expect(
      try PostgresConnection(address).query("SELECT event_id FROM ecommerce.raw_clicks")
        == [["a"]]
    )
    #expect(try sink.open() == progress)
    sink.close()
  }
}
