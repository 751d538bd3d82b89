import Testing

/// The law of SPEC over logs that try to break it, with the real programs and a real PostgreSQL.
@Suite struct HostileLogTests {
  private typealias Step = HostileTrial.Step
  private typealias Shape = HostileWorld.Shape

  private func hold(
    _ shape: HostileWorld.Shape,
    _ arguments: [String] = [],
    _ steps: [HostileTrial.Step] = [Step(share: 1)]
  ) throws {
    try HostileTrial(HostileWorld(shape), arguments).run(steps)
  }

  @Test(arguments: UInt64(1)...4)
  func `lates, duplicates, ties, edges and poison in one run`(seed: UInt64) throws {
    try hold(Shape(seed: seed, partitions: Int(seed)))
  }

  @Test(arguments: UInt64(11)...13)
  func `every record in a commit of its own`(seed: UInt64) throws {
    try hold(
      Shape(seed: seed, clicks: 120, checkouts: 60),
      ["--commit-size", "1B", "--commit-interval", "0s"]
    )
  }

  @Test(arguments: UInt64(21)...24)
  func `a log that grows between runs, flushed and not`(seed: UInt64) throws {
    try hold(
      Shape(seed: seed, partitions: 3),
      ["--commit-interval", "20ms"],
      [
        Step(share: 0.3, unterminated: true), Step(share: 0.4, untilEnd: false),
        Step(share: 0.6, untilEnd: false, arguments: ["--workers", "1"]), Step(share: 0.6),
        Step(share: 0.9, unterminated: true), Step(share: 1),
      ]
    )
  }

  @Test(arguments: UInt64(31)...33)
  func `final rows only, over several runs`(seed: UInt64) throws {
    try hold(
      Shape(seed: seed),
      ["--emit", "final", "--commit-interval", "20ms"],
      [
        Step(share: 0.4, untilEnd: false), Step(share: 0.6), Step(share: 0.8, untilEnd: false),
        Step(share: 1, untilEnd: false), Step(share: 1),
      ]
    )
  }

  @Test(arguments: UInt64(41)...43)
  func `late events dropped, over several runs`(seed: UInt64) throws {
    try hold(
      Shape(seed: seed),
      ["--late", "drop", "--commit-interval", "20ms"],
      [Step(share: 0.4), Step(share: 0.6, untilEnd: false), Step(share: 1)]
    )
  }

  @Test(arguments: ["0s", "30s", "2h"])
  func `any watermark delay and a short window`(watermark: String) throws {
    try hold(
      Shape(seed: 51, window: 10 * HostileWorld.minute),
      ["--window", "10m", "--watermark", watermark],
      [Step(share: 0.5), Step(share: 1)]
    )
  }

  @Test(arguments: UInt64(61)...63)
  func `events a day late and from all times`(seed: UInt64) throws {
    try hold(
      Shape(seed: seed, ancient: 0.05, strays: 0.03),
      ["--commit-interval", "20ms"],
      [Step(share: 0.5), Step(share: 0.7, untilEnd: false), Step(share: 1)]
    )
  }

  @Test func `all checkouts after all clicks, and huge lines, in seven partitions`() throws {
    try hold(
      Shape(
        seed: 71,
        partitions: 7,
        clicks: 150,
        checkouts: 80,
        isSkewed: true,
        hasHugeLines: true
      ),
      ["--workers", "3"]
    )
  }

  @Test(arguments: ["early", "final"])
  func `one busy user`(emission: String) throws {
    try hold(
      Shape(
        seed: 81,
        partitions: 1,
        clicks: 3000,
        checkouts: 600,
        users: 1,
        span: 2 * HostileWorld.hour
      ),
      ["--emit", emission],
      [Step(share: 0.5), Step(share: 1)]
    )
  }
}
