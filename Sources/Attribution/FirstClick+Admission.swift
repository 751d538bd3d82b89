internal import CScan
internal import Dataflow
internal import Events

extension FirstClick {
  /// Hashes a block of clicks and asks for all the memory they will touch, step by step.
  @inline(__always)
  func prefetchState(_ records: UnsafePointer<ClickRecord>, _ count: Int) {
    for index in 0..<count {
      let record = records + index
      prefetchRecord(records + (index &+ recordsAhead))
      prefetchMessage((records + min(index &+ messagesAhead, count &- 1)).pointee.message)
      let (message, id) = (record.pointee.message, record.pointee.eventID)
      identify(message, id, at: record.pointee.time, index, in: clickIDs)
      let keys = ClickKeys(of: record, hash)
      clickKeys[index].initialize(to: keys)
      users.prefetchLine(of: keys.user)
      products.prefetchLine(of: keys.product)
      origins.prefetchLine(of: keys.origin)
    }
    for index in 0..<count {
      let keys = clickKeys[index]
      keys.pointee.likelyUser = users.likelyUser(keys.pointee.user)
    }
    guard isEarly else { return }
    for index in 0..<count { prefetchEarly(clickKeys[index].pointee.likelyUser) }
  }

  /// As above, for checkouts.
  @inline(__always)
  func prefetchState(_ records: UnsafePointer<CheckoutRecord>, _ count: Int) {
    for index in 0..<count {
      let record = records + index
      prefetchRecord(records + (index &+ recordsAhead))
      prefetchMessage((records + min(index &+ messagesAhead, count &- 1)).pointee.message)
      let (message, id) = (record.pointee.message, record.pointee.eventID)
      identify(message, id, at: record.pointee.time, index, in: checkoutIDs)
      let keys = CheckoutKeys(of: record, hash)
      checkoutKeys[index].initialize(to: keys)
      users.prefetchLine(of: keys.user)
    }
    for index in 0..<count {
      let keys = checkoutKeys[index]
      keys.pointee.likelyUser = users.likelyUser(keys.pointee.user)
    }
    guard isEarly else { return }
    for index in 0..<count {
      let user = users[checkoutKeys[index].pointee.likelyUser]
      prefetchClick(user.pointee.head)
      prefetchClick(user.pointee.firstWaiting)
    }
    for index in 0..<count {
      let head = users[checkoutKeys[index].pointee.likelyUser].pointee.head
      if head != 0 { prefetchClick(cells.blocks.click(head).pointee.next) }
    }
  }

  /// Notes the id of a record of the block, and asks for its line.
  ///
  /// Gets the fields and not any `EventRecord`: that would copy the record for each of them.
  @inline(__always)
  private func identify(
    _ message: UnsafeRawPointer,
    _ id: ByteSlice,
    at time: EventTime,
    _ index: Int,
    in ids: borrowing IDIndex
  ) {
    let identity = Identity(
      message + id.start,
      id.count,
      at: time.microseconds,
      hash,
      cells.blocks.patterns
    )
    identities[index].initialize(to: identity)
    ids.prefetchLine(of: identity.key)
  }

  /// Keeps the ids of a block that are new, and settles the verdicts.
  ///
  /// Where an event is older than the known times and its id is not in state, only the stored rows
  /// know whether it is new.
  @inline(__always)
  static func admit(
    _ identities: borrowing Block<Identity>,
    _ count: Int,
    _ verdicts: UnsafeMutablePointer<Verdict>,
    _ knownTimes: KnownTimes,
    _ ids: inout IDIndex,
    _ cells: inout ChunkArena,
    _ buckets: inout Buckets
  ) {
    for index in 0..<count { ids.prefetchNextLine(of: identities[index].pointee.key) }
    for index in 0..<count {
      let identity = identities[index]
      let verdict = verdicts[index]
      if verdict.isDuplicate { continue }
      let number = buckets.number(of: identity.pointee.time)
      if ids.needsRoom(for: number) { ids.makeRoom(for: number, buckets) }
      let look = ids.look(for: identity.pointee.key)
      if look.isPerhapsKnown {
        let other = ids.search(for: identity, knownTimes, in: buckets)
        if other != 0 {
          let isSame = cells.blocks.time(of: other) == identity.pointee.time
          verdicts[index] = isSame ? .duplicate : .resent
          continue
        }
      }
      if verdict != .onTime && identity.pointee.time < knownTimes.start {
        verdicts[index] = .lateUnchecked
        continue
      }
      let bucket = buckets.bucket(number)
      let cell = cells.addCell(of: identity, ids.kind, in: bucket)
      ids.put(cell, identity.pointee.key, at: look.place, in: bucket)
      identity.pointee.cell = cell
      identity.pointee.bucket = bucket
    }
  }
}
