import Connect
import Dataflow
import Foundation
import Generation
import Programs

/// What a run is to do, after options, environment and config file were laid over the defaults.
struct RunSettings {
  /// 64 bytes each.
  private static let mostEventsOnTheWay = 30e6
  static let greatestUserCount = 100_000_000
  private static let greatestProductCount = 1_000_000

  let destination: LogDestination
  let truthPath: String?
  let plan: Plan
  let pace: Pace

  /// - Throws: `.usage`, before anything is touched.
  init(
    _ paceOptions: PaceOptions,
    _ content: ContentOptions,
    _ output: OutputOptions
  ) throws {
    let configuration = try output.config.configuration(of: .generator)
    destination = try LogDestination(output, configuration)
    truthPath = try configuration.value("truth", option: output.truth)
    if let truthPath {
      try destination.requireOutside(truthPath)
      try Self.requireWritable(truthPath)
    }
    let seed = try configuration.value("seed", option: content.seed)
    pace = try Pace(PaceWishes(paceOptions, configuration), hasSeed: seed != nil)
    var plan = Plan(
      schedule: pace.schedule,
      seed: seed?.number ?? UInt64.random(in: 0..<1_000_000_000)
    )
    plan.eventCount = pace.eventCount
    plan.isWallClock = pace.isWallClock
    try Self.fill(&plan, content, configuration)
    try Self.requireMemory(for: plan)
    self.plan = plan
  }

  /// Notices a path that cannot be written before the log is touched.
  private static func requireWritable(_ path: String) throws(Failure) {
    let directory = URL(filePath: path).deletingLastPathComponent().path
    var isDirectory: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    guard isThere ? !isDirectory.boolValue && access(path, W_OK) == 0 : access(directory, W_OK) == 0
    else {
      throw Failure(
        .failed,
        "could not write the answers to \"\(path)\"",
        hint: "Name a file in a directory that is there and that this user may write to."
      )
    }
  }

  /// Refuses a disorder that would keep too many events on their way at once.
  private static func requireMemory(for plan: Plan) throws(Failure) {
    guard !plan.isWallClock else { return }
    let seconds = Double(plan.disorder.microseconds) / 1e6
    let onTheWay = min(plan.schedule.rate * seconds / 2, Double(plan.eventCount ?? .max))
    guard onTheWay <= mostEventsOnTheWay else {
      throw Failure(
        .usage,
        "--disorder \(plan.disorder.durationText) would keep "
          + "\(Figures.grouped(Int64(onTheWay))) events on their way at once: expected at most "
          + "\(Figures.grouped(Int64(mostEventsOnTheWay)))",
        hint: "Make --disorder shorter or --span longer."
      )
    }
  }

  private static func fill(
    _ plan: inout Plan,
    _ content: ContentOptions,
    _ configuration: Configuration
  ) throws(Failure) {
    func set(
      _ path: WritableKeyPath<Plan, Double>,
      _ key: String,
      _ option: ShareOfEvents?
    ) throws(Failure) {
      if let value = try configuration.value(key, option: option) {
        plan[keyPath: path] = value.share
      }
    }
    try set(\.checkoutShare, "checkout-share", content.checkoutShare)
    try set(\.late, "late", content.late)
    try set(\.duplicates, "duplicates", content.duplicates)
    try set(\.orphans, "orphans", content.orphans)
    try set(\.malformed, "malformed", content.malformed)
    try set(\.ties, "ties", content.ties)
    try set(\.edges, "edges", content.edges)
    if let users = try configuration.count(
      "users",
      option: content.users,
      atMost: greatestUserCount
    ) {
      plan.userCount = users
    }
    if let products = try configuration.count(
      "products",
      option: content.products,
      atMost: greatestProductCount
    ) {
      plan.productCount = products
    }
    if let disorder = try configuration.value("disorder", option: content.disorder) {
      plan.disorder = disorder
    }
    if plan.orphans > 0 && plan.userCount < 2 {
      throw Failure(
        .usage,
        "--orphans \(plan.orphans) needs 2 users, one who never clicks; found --users 1"
      )
    }
  }
}

extension Configuration {
  /// A count with an upper bound.
  func count(
    _ key: String,
    option: PositiveCount?,
    atMost greatest: Int
  ) throws(Failure) -> Int? {
    try givenCount(key, option: option, atMost: greatest)?.value.count
  }

  /// A count with an upper bound, and where it was given.
  func givenCount(
    _ key: String,
    option: PositiveCount?,
    atMost greatest: Int
  ) throws(Failure) -> GivenSetting<PositiveCount>? {
    guard let given = try given(key, option: option) else { return nil }
    guard given.value.count <= greatest else {
      throw Failure(.usage, "expected at most \(greatest) \(key), found \(given.value.count)")
    }
    return given
  }
}
