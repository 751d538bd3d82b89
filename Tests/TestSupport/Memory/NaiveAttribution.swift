package import Dataflow

/// The rule of first click, as plainly as it can be said: for every checkout, look at every click.
package struct NaiveAttribution {
  package struct Event: Hashable, Sendable {
    package var id: String
    package var user: String
    package var time: EventTime
    package init(id: String, user: String, time: EventTime) {
      self.id = id
      self.user = user
      self.time = time
    }
  }

  package struct Answer: Hashable, Sendable {
    package var clickID: String?
    package var clicksInWindow: Int
    package init(clickID: String?, clicksInWindow: Int) {
      self.clickID = clickID
      self.clicksInWindow = clicksInWindow
    }
  }

  package static func answer(
    _ checkout: Event,
    clicks: some Sequence<Event>,
    window: EventSpan
  ) -> Answer {
    let candidates = clicks.filter {
      $0.user == checkout.user && checkout.time - window <= $0.time && $0.time <= checkout.time
    }
    let first = candidates.min {
      ($0.time, $0.id) < ($1.time, $1.id)
    }
    return Answer(clickID: first?.id, clicksInWindow: candidates.count)
  }
}
