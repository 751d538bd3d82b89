import Testing

@testable import PostgresConnect

/// What libpq makes of an address, found without going there.
@Suite struct ConnectionOptionsTests {
  @Test func `what an address says is settled, and what nobody says is not`() throws {
    let address = try PostgresAddress(
      "postgres://u@one.invalid,two.invalid/d?keepalives_idle=7&sslmode=require"
    )
    let settled = ConnectionOptions.settled(for: address)
    #expect(settled["host"] == "one.invalid,two.invalid")
    #expect(settled["keepalives_idle"] == "7")
    #expect(settled["keepalives_count"] == nil)
    #expect(settled["tcp_user_timeout"] == nil)
  }

  @Test func `of a service that is not there nothing is settled`() throws {
    let address = try PostgresAddress("postgres:///?service=none_of_that_name")
    #expect(ConnectionOptions.settled(for: address)["connect_timeout"] == nil)
  }
}
