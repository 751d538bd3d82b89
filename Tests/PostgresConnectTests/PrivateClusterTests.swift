import Connect
import Foundation
import PostgresConnect
import TestSupport
import Testing

@Suite struct PrivateClusterTests {
  @Test func `a cluster starts, answers, stops and starts again with its data`() throws {
    let cluster = try TemporaryCluster()
    defer { cluster.remove() }
    let connection = try PostgresConnection(cluster.start())
    try connection.execute("CREATE TABLE public.kept AS SELECT 7 AS value")
    try cluster.stop()
    let again = try PostgresConnection(cluster.start())
    #expect(try again.query("SELECT value FROM public.kept") == [["7"]])
  }
}
