/// What the shop knows of a user: a row of `ecommerce.users`.
package struct UserProfile: Hashable, Sendable {
  /// The values of the table's column of the same name.
  package enum Segment: String, Sendable {
    case premium, regular, new
  }

  package let userID: String
  package let email: String
  package let firstName: String
  package let lastName: String
  /// `YYYY-MM-DD`, UTC.
  package let registrationDate: String
  package let segment: Segment
  /// Two decimals.
  package let lifetimeValue: String

  /// The profile of a user among `count`: the one whose events have the same user_id.
  ///
  /// The same seed gives the same profile.
  package init(of user: Int, among count: Int, seed: UInt64) {
    precondition((0..<count).contains(user), "user \(user) of \(count)")
    var random = RandomNumbers(seed: RandomNumbers.mix(seed) &+ UInt64(user), stream: .people)
    userID = "user_" + Catalog.padded(user, digits: Users.idDigits(count: count))
    let first = random.element(of: PeopleWords.firstNames)
    let last = random.element(of: PeopleWords.lastNames)
    firstName = first.name
    lastName = last.name
    email = "\(first.ascii).\(last.ascii).\(user)@example.com"
    let value: Int
    switch random.below(10) {
    case 0..<2:
      segment = .new
      registrationDate = Self.date(in: 2024...2024, &random)
      value = random.below(20_000)
    case 2..<8:
      segment = .regular
      registrationDate = Self.date(in: 2021...2023, &random)
      value = 5_000 + random.below(200_000)
    default:
      segment = .premium
      registrationDate = Self.date(in: 2020...2022, &random)
      value = 200_000 + random.below(2_000_000)
    }
    lifetimeValue = "\(value / 100).\(Catalog.padded(value % 100, digits: 2))"
  }

  private static func date(
    in years: ClosedRange<Int>,
    _ random: inout RandomNumbers
  ) -> String {
    let year = years.lowerBound + random.below(years.count)
    let month = Catalog.padded(1 + random.below(12), digits: 2)
    return "\(year)-\(month)-\(Catalog.padded(1 + random.below(28), digits: 2))"
  }
}
