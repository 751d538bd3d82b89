import Testing

@testable import PostgresConnect

@Suite struct NeutralParametersTests {
  @Test func `variables that are not set need no answer`() {
    #expect(NeutralParameters.found(isSet: { _ in false }).isEmpty)
  }

  @Test func `a variable that is set gets its parameter's usual value`() {
    let variables: Set = ["PGHOSTADDR", "PGTARGETSESSIONATTRS", "PGPORT", "PGPASSWORD"]
    let found = NeutralParameters.found(isSet: { variables.contains($0) })
    #expect(found.map(\.keyword) == ["hostaddr", "target_session_attrs"])
    #expect(found.map(\.value) == ["", "any"])
  }

  @Test func `a service may set anything that leads elsewhere`() {
    let found = NeutralParameters.found(isSet: { $0 == "PGSERVICE" }).map(\.keyword)
    #expect(Set(found).isSuperset(of: ["hostaddr", "options", "requirepeer", "sslmode"]))
    #expect(Set(found).isDisjoint(with: ["host", "port", "user", "dbname", "service"]))
  }
}
