import Connect
import PostgresConnect
import Testing

@Suite struct LeaseHoldingsTests {
  @Test func `a worker takes what it is given and gives back what is too much`() {
    var holdings = LeaseHoldings()
    #expect(holdings.settle(leased: [0, 1, 2, 3], share: 4) == [.assigned([0, 1, 2, 3])])
    #expect(holdings.settle(leased: [0, 1, 2, 3], share: 2) == [.revoked([2, 3])])
    // Said once; the tasks are still committing.
    #expect(holdings.settle(leased: [0, 1, 2, 3], share: 2) == [])
    #expect(holdings.settle(leased: [0, 1, 2, 3], share: 1) == [.revoked([1])])
    holdings.release([2, 3])
    #expect(holdings.settle(leased: [0, 1], share: 1) == [])
    holdings.release([1])
    #expect(holdings.settle(leased: [0], share: 1) == [])
    #expect(holdings.settle(leased: [0, 2], share: 4) == [.assigned([2])])
  }

  @Test func `what the table does not have any more is lost`() {
    var holdings = LeaseHoldings()
    _ = holdings.settle(leased: [0, 1, 2], share: 3)
    #expect(holdings.settle(leased: [1, 3], share: 3) == [.lost([0, 2]), .assigned([3])])
    _ = holdings.settle(leased: [1, 3], share: 1)
    // Lost while it was to be given back.
    #expect(holdings.settle(leased: [1], share: 1) == [.lost([3])])
    #expect(holdings.settle(leased: [1, 3], share: 2) == [.assigned([3])])
  }
}
