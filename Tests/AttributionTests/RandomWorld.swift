import Attribution
import Dataflow
import TestSupport

/// A random course of events, as a driver would present it to the operator.
struct RandomWorld {
  var rule = AttributionRule()
  var steps: [Step] = []

  private var random: SplitMix64
  private var delay: Int64 = 0
  /// Greatest time seen of clicks and of checkouts, and the driver's watermark.
  private var greatest: [Int64] = [.min, .min]
  private var watermark = Int64.min
  private var clicks: [Event] = []
  private var checkouts: [Event] = []
  private var now: [Int64] = [0, 0]

  /// Rows after a rebuild are emitted as before, unless it `switchesEmission`.
  init(seed: UInt64, rebuilds: Bool = false, switchesEmission: Bool = false) {
    random = SplitMix64(seed: seed)
    rule.window = EventSpan(microseconds: pick([0, 1, 5, 20, 60]))
    rule.emission = pick([.early, .early, .final])
    rule.latePolicy = pick([.restate, .restate, .drop])
    delay = pick([0, 3, 10])
    let start: Int64 = pick([0, -100, Int64.min + 300, Int64.max - 9000, 1_700_000_000_000_000])
    now = [start, start + pick([0, 0, 0, 40, 150])]
    let users: Int64 = pick([1, 2, 5])
    let isTied = chance(30)
    let disorder: Int64 = pick([0, 5, 15])
    for _ in 0..<(rebuilds ? 60 : 120) {
      for _ in 0..<random.next(upperBound: UInt64(6)) {
        arrive(users: users, disorder: disorder, isTied: isTied, isMoved: !rebuilds)
      }
      if chance(60) { steps.append(.advance(watermark)) }
      if chance(40) { steps.append(.drain) }
      if rebuilds && chance(8) {
        steps.append(.advance(watermark))
        steps.append(.rebuild(switchesEmission ? pick([.early, .final, .final]) : rule.emission))
      }
    }
    steps += [.drain, .advance(.max), .drain]
  }

  private mutating func arrive(users: Int64, disorder: Int64, isTied: Bool, isMoved: Bool) {
    let isClick = chance(65)
    let stream = isClick ? 0 : 1
    if !isTied || chance(30) { now[stream] += pick([0, 1, 1, 2, 7]) }
    var time = now[stream] - number(through: disorder)
    if chance(4) { time -= number(through: 100) }
    // Far ahead, but not as to move the watermark: the driver's guard.
    let isFar = chance(2)
    if isFar { time = pick([time &+ 100, time &+ 5000, Int64.max - 1]) }
    var event = Event(
      id: "e\(random.next() % 100_000)-\(steps.count)",
      user: "u\(random.next() % UInt64(users))",
      time: time,
      payload: Int(random.next() % 40)
    )
    // Most clicks are of one user.
    if chance(50) { event.user = "u0" }
    if chance(8),
      let former = (isClick ? clicks : checkouts).suffix(20).randomElement(using: &random)
    {
      event.id = former.id
      if chance(50) || !isMoved { event.time = former.time }
    }
    let isLate = event.time < watermark
    if isClick {
      clicks.append(event)
      steps.append(.click(event, isLate: isLate))
    } else {
      checkouts.append(event)
      steps.append(.checkout(event, isLate: isLate))
    }
    if !isFar {
      greatest[stream] = max(greatest[stream], event.time)
    }
    let slower = min(greatest[0], greatest[1])
    if slower > .min + delay { watermark = max(watermark, slower - delay) }
  }

  private mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }
  private mutating func number(through last: Int64) -> Int64 {
    last == 0 ? 0 : Int64(random.next() % UInt64(last + 1))
  }
  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int(random.next() % UInt64(choices.count))]
  }
}
