import Connect
import TestSupport
import Testing

@testable import PostgresConnect

/// Poolers that give a connection no session of its own.
@Suite struct SessionCheckTests {
  @Test func `connections of a server have sessions of their own`() throws {
    try TemporaryCluster.emptyDatabase().requireSessions()
  }

  @Test(arguments: [
    ("ABBA", true),
    // The session used last, each in turn, whichever is free.
    ("AAAA", false), ("ABCD", false), ("ABBC", false), ("ABAB", false), ("ABCA", false),
  ])
  func `sessions that change or are shared tell a pooler`(sessions: String, areOwn: Bool) {
    #expect(SessionCheck.areOwn(sessions.map(String.init)) == areOwn)
  }
}
