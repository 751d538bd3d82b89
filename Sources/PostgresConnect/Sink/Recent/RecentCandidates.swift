import Attribution
import Dataflow

/// A user's clicks in the order of the rule: by time, then by id bytewise.
///
/// Made once for all of a user's checkouts: then each takes two binary searches, however many
/// clicks he has.
struct RecentCandidates {
  struct Click {
    var time: EventTime
    var place: RecentEvents.Place
  }

  private let clicks: [Click]

  init(_ clicks: [Click]) {
    self.clicks = clicks.sorted { left, right in
      guard left.time == right.time else { return left.time < right.time }
      return left.id.precedes(right.id)
    }
  }

  /// The answer to a checkout, among the clicks of [time - window, time].
  ///
  /// Points into the slices: valid until the lock of the recent events is given back.
  func answer(to checkout: RecentEvents.Place, window: EventSpan) -> Answer {
    let time = checkout.slice.events.checkouts[checkout.number].time
    let start = place { $0.time < time - window }
    let end = place { $0.time <= time }
    return Answer(
      checkout,
      first: start < end ? clicks[start] : nil,
      clicksInWindow: Int32(clamping: end - start)
    )
  }

  /// How many clicks, from the first one, the condition holds for.
  private func place(_ isBefore: (Click) -> Bool) -> Int {
    var (start, end) = (0, clicks.count)
    while start < end {
      let middle = (start + end) / 2
      if isBefore(clicks[middle]) { start = middle + 1 } else { end = middle }
    }
    return start
  }
}

extension RecentCandidates.Click {
  fileprivate var id: UnsafeRawBufferPointer { place.slice.events.id(ofClick: place.number) }
}

extension Answer {
  /// The final answer to a checkout of the recent events.
  fileprivate init(
    _ checkout: RecentEvents.Place,
    first: RecentCandidates.Click?,
    clicksInWindow: Int32
  ) {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let origin = first.map { $0.place.slice.events.originFields(ofClick: $0.place.number) }
    self.init(
      kind: .revision,
      isFinal: true,
      clicksInWindow: clicksInWindow,
      checkoutTime: checkout.slice.events.checkouts[checkout.number].time,
      checkoutFields: checkout.slice.events.fields(ofCheckout: checkout.number),
      clickID: first?.id ?? nothing,
      clickTime: first?.time ?? EventTime(microseconds: 0),
      productFields: origin?.product ?? nothing,
      originFields: origin?.origin ?? nothing
    )
  }
}
