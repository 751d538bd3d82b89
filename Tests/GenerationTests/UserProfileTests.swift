import Generation
import Testing

@Suite struct UserProfileTests {
  private let profiles = (0..<2_000).map { UserProfile(of: $0, among: 2_000, seed: 5) }

  @Test func `users and their addresses are all different`() {
    #expect(Set(profiles.map(\.userID)).count == 2_000)
    #expect(Set(profiles.map(\.email)).count == 2_000)
  }

  @Test func `the same seed gives the same profile, another seed another`() {
    #expect(UserProfile(of: 7, among: 2_000, seed: 5) == profiles[7])
    #expect(UserProfile(of: 7, among: 2_000, seed: 6) != profiles[7])
  }

  @Test func `a user_id is the one that the user's events have`() throws {
    var plan = Plan.small()
    plan.userCount = 2_000
    let known = Set(profiles.map(\.userID))
    let decoded = DecodedLog(try plan.make().log)
    #expect(decoded.uniqueClicks.allSatisfy { known.contains($0.userID) })
    #expect(decoded.uniqueCheckouts.allSatisfy { known.contains($0.userID) })
  }

  @Test func `all three segments are there`() {
    let counts = Dictionary(grouping: profiles, by: \.segment).mapValues(\.count)
    #expect(counts[.new, default: 0] > 300)
    #expect(counts[.regular, default: 0] > 1_000)
    #expect(counts[.premium, default: 0] > 300)
  }
}
