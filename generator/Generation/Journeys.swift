import Dataflow

/// The visitors of the shop: says for each moment in event time who does what.
///
/// A pool of open journeys. A click opens a journey or goes on with one; a checkout takes a journey,
/// buys of what it clicked, and closes it or lets it go on. The pool holds about four minutes of
/// newcomers, so a journey's clicks are seconds to minutes apart. O(1) an event, O(pool) memory.
struct Journeys {
  private static let poolSeconds = 60.0
  private static let greatestPool = 1 << 16
  /// Of the clicks: how many open a journey.
  private static let openingShare = 0.3

  private let catalog: Catalog
  private let users: Users
  private let origins: Origins
  private let capacity: Int
  /// Of the checkouts: how many close their journey.
  private let closingShare: Double

  private var open: [Journey] = []
  private var random: RandomNumbers
  private let sessionKey: UInt64
  private var sessionCount: UInt64 = 0
  private let serialKey: UInt64
  private var serialCount: UInt64 = 0

  private var checkoutShare: Share
  private var orphanShare: Share
  private var tieShare: Share
  private var edgeShare: Share
  /// Checkouts that the share asks for and that have not come yet.
  private var owedCheckouts = 0
  /// What must come next, at its own time.
  private var follower: Event?
  /// Checkouts an hour after their click.
  private var hourLater = TimeQueue<Event>()
  private(set) var counts = Counts()

  /// How often something out of the ordinary was arranged.
  struct Counts {
    var orphans = 0
    var ties = 0
    var edges = 0
  }

  init(plan: Plan, catalog: Catalog, users: Users, origins: Origins) {
    self.catalog = catalog
    self.users = users
    self.origins = origins
    capacity = min(
      Self.greatestPool,
      max(1, Int(min(plan.schedule.rate, 1e9) * Self.poolSeconds))
    )
    let opening = (1 - plan.checkoutShare) * Self.openingShare
    closingShare = min(0.7, 0.5 * opening / max(plan.checkoutShare, 1e-9))
    random = RandomNumbers(seed: plan.seed, stream: .journeys)
    var identifiers = RandomNumbers(seed: plan.seed, stream: .identifiers)
    sessionKey = identifiers.next()
    serialKey = identifiers.next()
    var shares = RandomNumbers(seed: plan.seed, stream: .shares)
    func share(_ share: Double) -> Share {
      Share(share, random: RandomNumbers(seed: shares.next(), stream: .shares))
    }
    checkoutShare = share(plan.checkoutShare)
    orphanShare = share(plan.orphans)
    tieShare = share(plan.ties)
    edgeShare = share(plan.edges)
  }

  /// What happens at `time`, or what had to happen just before and has not been told yet.
  ///
  /// Times come out ascending, to the microsecond or two, if they go in ascending.
  @inline(__always)
  mutating func next(at time: EventTime) -> Event {
    if checkoutShare.next() { owedCheckouts &+= 1 }
    if let event = follower {
      follower = nil
      if event.stream == .checkouts { owedCheckouts &-= 1 }
      return event
    }
    if let due = hourLater.firstTime, due <= time, let (_, event) = hourLater.popFirst() {
      owedCheckouts &-= 1
      return event
    }
    return owedCheckouts > 0 ? checkout(at: time) : click(at: time)
  }

  /// What no event to come is before, of those asked for at `time` or later: where these are far
  /// apart, one that was arranged for an earlier time may still wait for its turn.
  func frontier(at time: EventTime) -> EventTime {
    min(time, follower?.time ?? time, hourLater.firstTime ?? time)
  }

  /// A number that no other event or session of this run has.
  mutating func makeSerial() -> UInt64 {
    serialCount &+= 1
    return RandomNumbers.mix(serialKey &+ serialCount)
  }

  // MARK: Clicks

  private mutating func click(at time: EventTime) -> Event {
    let place = chooseJourney()
    var journey = open[place]
    let event = click(of: &journey, at: time)
    if tieShare.next() {
      follower = click(of: &journey, at: time)
      counts.ties += 1
    }
    open[place] = journey
    return event
  }

  /// The place of a journey that goes on, or of a new one.
  private mutating func chooseJourney() -> Int {
    guard open.isEmpty || random.unit() < Self.openingShare else {
      return random.below(open.count)
    }
    let journey = newJourney(of: users.drawActive(&random))
    if open.count < capacity {
      open.append(journey)
      return open.count - 1
    }
    // The pool is full: someone leaves without buying.
    let place = random.below(open.count)
    open[place] = journey
    return place
  }

  private mutating func newJourney(of user: UInt32) -> Journey {
    sessionCount &+= 1
    return Journey(
      user: user,
      session: RandomNumbers.mix(sessionKey &+ sessionCount),
      origin: origins.draw(&random)
    )
  }

  private mutating func click(of journey: inout Journey, at time: EventTime) -> Event {
    let product = catalog.drawProduct(&random)
    journey.remember(product)
    var event = Event(
      time: time,
      serial: makeSerial(),
      session: journey.session,
      user: journey.user,
      stream: .clicks
    )
    event.products[0] = product
    event.origin = journey.origin
    return event
  }

  // MARK: Checkouts

  private mutating func checkout(at time: EventTime) -> Event {
    if edgeShare.next() { return edge(at: time) }
    owedCheckouts &-= 1
    if orphanShare.next() {
      counts.orphans += 1
      return checkout(of: newJourney(of: users.drawOrphan(&random)), at: time)
    }
    guard !open.isEmpty else {
      return checkout(of: newJourney(of: users.drawActive(&random)), at: time)
    }
    let place = random.below(open.count)
    let event = checkout(of: open[place], at: time)
    if random.unit() < closingShare {
      open.swapAt(place, open.count - 1)
      open.removeLast()
    }
    return event
  }

  /// One to four of the products clicked, each one to three times.
  private mutating func checkout(of journey: Journey, at time: EventTime) -> Event {
    var event = Event(
      time: time,
      serial: makeSerial(),
      session: journey.session,
      user: journey.user,
      stream: .checkouts
    )
    let choice = random.next()
    let clicked = Int(journey.basketCount)
    let count = clicked == 0 ? 1 : 1 + Int(choice &>> 8 & 0xff) % clicked
    for place in 0..<count {
      event.products[place] = clicked == 0 ? catalog.drawProduct(&random) : journey.basket[place]
      event.quantities[place] = 1 + UInt8(truncatingIfNeeded: choice &>> UInt64(16 + 8 * place)) % 3
    }
    event.payment = UInt8(truncatingIfNeeded: choice) % UInt8(CatalogWords.payments.count)
    return event
  }

  // MARK: Edges

  /// A click and a checkout of an otherwise quiet user, to the microsecond at an edge of the window.
  ///
  /// In turn: the click exactly one hour before (the first candidate that counts); a microsecond
  /// more (none); at the checkout's own time (the last that counts); a microsecond after it (none).
  private mutating func edge(at time: EventTime) -> Event {
    counts.edges += 1
    var journey = newJourney(of: users.drawAny(&random))
    let hour = EventSpan.hours(1)
    let microsecond = EventSpan(microseconds: 1)
    switch counts.edges & 3 {
    case 0:
      let event = click(of: &journey, at: time)
      follower = checkout(of: journey, at: time)
      return event
    case 1:
      owedCheckouts &-= 1
      let event = checkout(of: journey, at: time)
      follower = click(of: &journey, at: time + microsecond)
      return event
    case let variant:
      let event = click(of: &journey, at: time)
      let later = time + hour + (variant == 2 ? EventSpan(microseconds: 0) : microsecond)
      hourLater.insert(checkout(of: journey, at: later), at: later)
      return event
    }
  }
}
