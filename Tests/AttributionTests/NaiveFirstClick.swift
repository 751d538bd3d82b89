import Attribution
import Dataflow

/// The reference model: the rule by brute force over everything ever read.
struct NaiveFirstClick {
  struct Result: Hashable {
    var first: Event?
    var count: Int
  }

  let window: Int64
  let policy: AttributionRule.LatePolicy
  private(set) var watermark = Int64.min
  private var clicks: [(event: Event, joins: Bool)] = []
  private var checkouts: [Event] = []
  /// Checkouts that are not settled, in the order of arrival.
  private(set) var pending: [Event] = []
  private(set) var settled: [String: Result] = [:]

  init(_ rule: AttributionRule) {
    window = rule.window.microseconds
    policy = rule.latePolicy
  }

  var horizon: Int64 {
    if watermark == .min || watermark == .max { return watermark }
    let (start, overflow) = watermark.subtractingReportingOverflow(window)
    return overflow ? .min : start
  }

  mutating func click(_ event: Event, isLate: Bool) -> Verdict {
    let former = clicks.last { $0.event.id == event.id && $0.event.time >= horizon }
    if let former { return former.event.time == event.time ? .duplicate : .resent }
    if isLate && event.time < horizon { return .lateUnchecked }
    clicks.append((event, !isLate || policy == .restate))
    return isLate ? .late : .onTime
  }

  mutating func checkout(_ event: Event, isLate: Bool) -> Verdict {
    let former = checkouts.last { $0.id == event.id && $0.time >= horizon }
    if let former { return former.time == event.time ? .duplicate : .resent }
    if isLate && event.time < horizon { return .lateUnchecked }
    checkouts.append(event)
    if !isLate { pending.append(event) }
    return isLate ? .late : .onTime
  }

  mutating func advance(to time: Int64) {
    guard time > watermark else { return }
    for checkout in pending where checkout.time < time || time == .max {
      settled[checkout.key] = result(of: checkout)
    }
    pending.removeAll { $0.time < time || time == .max }
    watermark = time
  }

  /// The rule: the first of the candidates by (time, id), and their number.
  func result(of checkout: Event) -> Result {
    let candidates = clicks.filter { click in
      let (age, overflow) = checkout.time.subtractingReportingOverflow(click.event.time)
      return click.joins && click.event.user == checkout.user && click.event.time <= checkout.time
        && !overflow && age <= window
    }
    let first = candidates.min {
      ($0.event.time, Array($0.event.id.utf8)) < ($1.event.time, Array($1.event.id.utf8))
    }
    return Result(first: first?.event, count: candidates.count)
  }
}

private func < (left: (Int64, [UInt8]), right: (Int64, [UInt8])) -> Bool {
  left.0 != right.0 ? left.0 < right.0 : left.1.lexicographicallyPrecedes(right.1)
}
