import Foundation
import TestSupport
import Testing

/// What a service of libpq says of connections holds.
@Suite struct ServiceTests {
  /// Two seconds instead of this program's ten.
  @Test func `a service's time to connect is kept to`() throws {
    let silent = try LoopbackListener { connection in
      var bytes = [UInt8](repeating: 0, count: 1024)
      while read(connection, &bytes, bytes.count) > 0 {}
    }
    defer { silent.stop() }
    let directory = try TemporaryDirectory()
    try directory.write(
      "[slow]\nhost=127.0.0.1\nport=\(silent.port)\nuser=u\ndbname=d\nconnect_timeout=2\n",
      to: "services"
    )
    let start = ContinuousClock.now
    let outcome = try ProgramRun.run(
      "stream-job",
      ["verify", "--into", "postgresql:///?service=slow"],
      in: directory,
      environment: ["PGSERVICEFILE": "\(directory.path)/services"]
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("could not connect to postgres://?service=slow"))
    #expect(start.duration(to: .now) < .seconds(8))
  }
}
