internal import CScan
internal import Dataflow

extension FirstClick {
  /// A user with more pending checkouts than this keeps them in a timeline instead of a list.
  private static var longList: Int { 16 }
  /// Marks a timeline's number in `User.pending`; references of checkouts stay below 2^31 (8 GiB).
  private static var timelineFlag: UInt32 { 1 << 31 }

  // MARK: Clicks that are not replayed yet

  /// Remembers a click that is about to wait in a bucket, if it is the user's first one there.
  @inline(__always)
  mutating func noteWaiting(_ cell: UInt32, of number: UInt32, at time: Int64) {
    let user = users[number]
    // Which one is the first is not known where others wait and none is noted.
    if user.pointee.firstWaiting == 0 && user.pointee.waitingCount != 0 { return }
    noteFirstWaiting(cell, of: number, at: time)
  }

  /// As above, where all that wait are noted.
  @inline(__always)
  mutating func noteFirstWaiting(_ cell: UInt32, of number: UInt32, at time: Int64) {
    let user = users[number]
    let first = user.pointee.firstWaiting
    if first != 0 {
      let firstTime = cells.blocks.time(of: first)
      guard time < firstTime || (time == firstTime && cells.blocks.idPrecedes(cell, first))
      else { return }
    }
    user.pointee.firstWaiting = cell
  }

  /// The user's first waiting click in `start...end`, or 0.
  ///
  /// Known at once, except when the first one was replayed while others wait.
  private mutating func firstWaiting(
    _ number: UInt32,
    from start: Int64,
    through end: Int64
  ) -> UInt32 {
    let user = users[number]
    guard user.pointee.waitingCount > 0 else { return 0 }
    let first = user.pointee.firstWaiting
    if first != 0 {
      let time = cells.blocks.time(of: first)
      if time > end { return 0 }
      if time >= start { return first }
    }
    let found = searchBuckets(number, from: max(start, frontier.microseconds), through: end)
    if start <= frontier.microseconds { user.pointee.firstWaiting = found }
    return found
  }

  /// `mutating` like `firstChained`.
  private mutating func searchBuckets(
    _ number: UInt32,
    from start: Int64,
    through end: Int64
  ) -> UInt32 {
    let blocks = cells.blocks
    var place = buckets.place(of: buckets.number(of: start))
    while place < buckets.entries.count, buckets.entries[place].number <= buckets.number(of: end) {
      let bucket = buckets.entries[place].bucket
      let base = buckets.firstTime(of: bucket.pointee.number)
      var first: UInt32 = 0
      for click in bucket.pointee.clicks.waiting where click.user == number {
        let time = base &+ Int64(click.offset)
        guard time >= start, time <= end else { continue }
        if first == 0 || blocks.precedes(click.cell, first) { first = click.cell }
      }
      if first != 0 { return first }
      place += 1
    }
    return 0
  }

  // MARK: Checkouts

  /// Gives a checkout that was just read its answer among the clicks read so far.
  mutating func answerEarly(_ checkout: UInt32, of number: UInt32, at time: Int64) {
    let pending = cells.blocks.pending(checkout)
    let user = users[number]
    let start = windowStart(time)
    let (chained, skipped) = firstChained(from: start, of: number)
    pending.pointee.first =
      chained != 0 ? chained : firstWaiting(number, from: start, through: time)
    if pending.pointee.first != 0 {
      let waiting = pending.pointee.first == chained || user.pointee.firstWaiting != 0
      pending.pointee.count = Int32(
        truncatingIfNeeded: user.pointee.count &- skipped
          &+ (waiting ? user.pointee.waitingCount : 1)
      )
    }
    noteChange(checkout, pending)
  }

  /// Puts the answer up for the next hand-over, where rows are early or this checkout has one.
  @inline(__always)
  private mutating func noteChange(_ checkout: UInt32, _ pending: UnsafeMutablePointer<Pending>) {
    guard rule.emission == .early || pending.pointee.isHandedOver else { return }
    outbox.noteChange(checkout, pending)
  }

  /// Asks for what a click of this user is compared with: his first waiting click and the first
  /// checkout that it may change.
  @inline(__always) func prefetchEarly(_ number: UInt32) {
    guard number != 0 else { return }
    let user = users[number]
    let pending = user.pointee.pending
    if pending != 0 && pending & Self.timelineFlag == 0 {
      prefetch(cells.blocks.pointer(pending))
    }
    prefetchClick(user.pointee.firstWaiting)
  }

  /// Lets a click change the answers of the user's pending checkouts in whose window it is.
  @inline(__always) mutating func revise(_ number: UInt32, by cell: UInt32, at time: Int64) {
    let user = users[number]
    let pending = user.pointee.pending
    if pending == 0 { return }
    if pending & Self.timelineFlag != 0 {
      reviseTimeline(pending & ~Self.timelineFlag, by: cell, at: time)
    } else {
      reviseList(pending, by: cell, at: time)
    }
  }

  private mutating func reviseList(_ head: UInt32, by cell: UInt32, at time: Int64) {
    let blocks = cells.blocks
    let end = windowEnd(time)
    var checkout = head
    while checkout != 0 {
      let pending = blocks.pending(checkout)
      let checkoutTime = pending.pointee.time
      if checkoutTime >= time && checkoutTime <= end {
        offer(cell, to: checkout)
        pending.pointee.count &+= 1
      }
      checkout = pending.pointee.next
    }
  }

  /// Of the checkouts in `time...time + window`, those without an earlier candidate are the last
  /// ones: the later a window starts, the fewer earlier clicks it holds.
  ///
  /// So it stops at the first checkout, from the end, that the click does not change.
  private mutating func reviseTimeline(_ number: UInt32, by cell: UInt32, at time: Int64) {
    var place = timelines[number].place(after: windowEnd(time))
    while place > 0, timelines[number][place - 1].time >= time {
      place -= 1
      let checkout = timelines[number][place].reference
      guard offer(cell, to: checkout) else { return }
      cells.blocks.pending(checkout).pointee.count &+= 1
    }
  }

  /// Makes the click the checkout's first one if it precedes; true if it does.
  @discardableResult
  private mutating func offer(_ cell: UInt32, to checkout: UInt32) -> Bool {
    let pending = cells.blocks.pending(checkout)
    guard pending.pointee.first == 0 || cells.blocks.precedes(cell, pending.pointee.first)
    else { return false }
    pending.pointee.first = cell
    noteChange(checkout, pending)
    return true
  }

  // MARK: A user's pending checkouts

  /// Lists or counts a pending checkout with its user, who stays for its sake.
  @inline(__always)
  mutating func remember(_ checkout: UInt32, of number: UInt32, at time: Int64) {
    let user = users[number]
    if !listsPending {
      user.pointee.pending &+= 1
    } else if user.pointee.pending == 0 {
      user.pointee.pending = checkout
    } else {
      rememberAnother(checkout, of: user, at: time)
    }
  }

  private mutating func rememberAnother(
    _ checkout: UInt32,
    of user: UnsafeMutablePointer<User>,
    at time: Int64
  ) {
    let blocks = cells.blocks
    if user.pointee.pending & Self.timelineFlag == 0 {
      var length = 0
      var other = user.pointee.pending
      while other != 0 {
        length += 1
        other = blocks.pending(other).pointee.next
      }
      if length < Self.longList {
        blocks.pending(checkout).pointee.next = user.pointee.pending
        user.pointee.pending = checkout
        return
      }
      makeTimeline(of: user)
    }
    timelines[user.pointee.pending & ~Self.timelineFlag].insert(checkout, at: time)
  }

  /// Has users list their pending checkouts from now on.
  mutating func listPending() {
    if listsPending { return }
    listsPending = true
    for entry in buckets.entries {
      for waiting in entry.bucket.pointee.checkouts.waiting {
        users[waiting.user].pointee.pending = 0
      }
    }
    for entry in buckets.entries {
      for waiting in entry.bucket.pointee.checkouts.waiting {
        let time = cells.blocks.pending(waiting.cell).pointee.time
        remember(waiting.cell, of: waiting.user, at: time)
      }
    }
  }

  private mutating func makeTimeline(of user: UnsafeMutablePointer<User>) {
    let blocks = cells.blocks
    let number = timelines.make()
    var checkout = user.pointee.pending
    while checkout != 0 {
      timelines[number].insert(checkout, at: blocks.pending(checkout).pointee.time)
      checkout = blocks.pending(checkout).pointee.next
    }
    user.pointee.pending = number | Self.timelineFlag
  }

  /// Takes a settled checkout off its user; none of his pending ones is earlier.
  mutating func forget(_ checkout: UInt32, of user: UnsafeMutablePointer<User>) {
    if !listsPending {
      user.pointee.pending &-= 1
      return
    }
    if user.pointee.pending & Self.timelineFlag != 0 {
      let number = user.pointee.pending & ~Self.timelineFlag
      timelines[number].removeEarliest(checkout)
      if timelines[number].isEmpty {
        timelines.remove(number)
        user.pointee.pending = 0
      }
      return
    }
    let next = cells.blocks.pending(checkout).pointee.next
    if user.pointee.pending == checkout {
      user.pointee.pending = next
      return
    }
    var before = user.pointee.pending
    while cells.blocks.pending(before).pointee.next != checkout {
      before = cells.blocks.pending(before).pointee.next
    }
    cells.blocks.pending(before).pointee.next = next
  }
}
