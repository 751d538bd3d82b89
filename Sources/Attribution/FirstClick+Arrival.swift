internal import CScan
internal import Dataflow
internal import Events

extension FirstClick {
  // MARK: Clicks

  /// Takes a block of clicks into the state and says what they are.
  ///
  /// One thing after another for all of them: each needs few registers and little memory.
  @inline(__always)
  mutating func take(
    _ records: UnsafePointer<ClickRecord>,
    _ verdicts: UnsafeMutablePointer<Verdict>,
    _ count: Int
  ) {
    prefetchState(records, count)
    for index in 0..<count {
      verdicts[index] = admit(records + index, clickKeys[index], verdicts[index])
    }
    for index in 0..<count { describe(records + index, clickKeys[index].pointee) }
    for index in 0..<count {
      join(clickKeys[index].pointee, at: records[index].time.microseconds)
    }
  }

  /// Keeps a click, unless it is a duplicate, and notes where, if it is to join.
  @inline(__always)
  private mutating func admit(
    _ record: UnsafePointer<ClickRecord>,
    _ keys: UnsafeMutablePointer<ClickKeys>,
    _ verdict: Verdict
  ) -> Verdict {
    let time = record.pointee.time.microseconds
    if verdict != .onTime {
      if verdict == .duplicate { return .duplicate }
      if time < dedupeStart { return .lateUnchecked }
    }
    let admission = FirstClick.admit(
      as: Click.self,
      keys.pointee.id,
      at: time,
      since: matchStart,
      &buckets,
      &clickIDs,
      &cells
    )
    let cell: UInt32
    switch admission {
    case .new(let added): cell = added
    case .duplicate: return .duplicate
    case .resent: return .resent
    }
    clickCount &+= 1
    let click = cells.blocks.click(cell)
    click.pointee.next = 0
    // What was dropped only serves to recognise duplicates.
    let joins =
      (verdict == .onTime || verdict == .late && rule.latePolicy == .restate) && time >= joinStart
    if joins { keys.pointee.cell = cell } else { click.pointee.user = 0 }
    return verdict == .expired ? .lateUnchecked : verdict
  }

  /// Notes in a click's cell what of its fields the answers need.
  @inline(__always)
  private mutating func describe(_ record: UnsafePointer<ClickRecord>, _ keys: ClickKeys) {
    guard keys.cell != 0 else { return }
    let number = buckets.number(of: record.pointee.time.microseconds)
    let click = cells.blocks.click(keys.cell)
    click.pointee.product = products.intern(
      ClickKeys.productFields(record),
      keys.product,
      likely: keys.likelyProduct,
      bucket: number
    )
    click.pointee.origin = origins.intern(
      ClickKeys.originFields(record),
      keys.origin,
      likely: keys.likelyOrigin,
      bucket: number
    )
  }

  /// Lets a click count: on time it waits in its bucket, late it goes to its place in the chain.
  @inline(__always)
  private mutating func join(_ keys: ClickKeys, at time: Int64) {
    let cell = keys.cell
    guard cell != 0 else { return }
    let user = users.user(keys.user, likely: keys.likelyUser, &cells)
    cells.blocks.click(cell).pointee.user = user
    if time >= frontier.microseconds {
      let bucket = buckets.bucket(of: time)
      bucket.pointee.clicks.append(offset: bucket.pointee.offset(of: time), reference: cell)
      if isEarly { noteWaiting(cell, of: user, at: time) }
      users[user].pointee.waitingCount &+= 1
    } else {
      insertIntoChain(cell, of: user, at: time)
    }
    if isEarly { revise(user, by: cell, at: time) }
  }

  // MARK: Checkouts

  /// Takes a block of checkouts into the state and says what they are.
  @inline(__always)
  mutating func take(
    _ records: UnsafePointer<CheckoutRecord>,
    _ verdicts: UnsafeMutablePointer<Verdict>,
    _ count: Int
  ) {
    prefetchState(records, count)
    for index in 0..<count {
      verdicts[index] = take(records + index, checkoutKeys[index], verdicts[index])
    }
  }

  @inline(__always)
  private mutating func take(
    _ record: UnsafePointer<CheckoutRecord>,
    _ keys: UnsafePointer<CheckoutKeys>,
    _ verdict: Verdict
  ) -> Verdict {
    let time = record.pointee.time.microseconds
    if verdict != .onTime {
      if verdict == .duplicate { return .duplicate }
      if time < dedupeStart { return .lateUnchecked }
    }
    let admission = FirstClick.admit(
      as: CheckoutID.self,
      keys.pointee.id,
      at: time,
      since: matchStart,
      &buckets,
      &checkoutIDs,
      &cells
    )
    switch admission {
    case .new: break
    case .duplicate: return .duplicate
    case .resent: return .resent
    }
    if verdict == .onTime && time >= frontier.microseconds { wait(record, keys) }
    return verdict == .expired ? .lateUnchecked : verdict
  }

  /// Lets a checkout wait in its bucket until it is final.
  @inline(__always)
  private mutating func wait(
    _ record: UnsafePointer<CheckoutRecord>,
    _ keys: UnsafePointer<CheckoutKeys>
  ) {
    let time = record.pointee.time.microseconds
    let bucket = buckets.bucket(of: time)
    let fields =
      8 + record.pointee.eventID.count + record.pointee.userID.count
      + CopyField.timestampByteCount + CopyField.maximumMoneyByteCount
    let checkout = cells.allocate(
      Pending.byteCount(fields: fields),
      in: &bucket.pointee.pending,
      baseTime: bucket.pointee.start
    )
    let start = cells.blocks.pointer(checkout) + Pending.fieldsOffset
    var end = start
    end += CopyField.write(text: record.pointee.eventID, of: record.pointee.message, to: end)
    end += CopyField.write(text: record.pointee.userID, of: record.pointee.message, to: end)
    end += CopyField.write(timestamp: record.pointee.time, to: end)
    end += CopyField.write(money: record.pointee.totalAmount, to: end)
    let offset = bucket.pointee.offset(of: time)
    let user = users.user(keys.pointee.user, likely: keys.pointee.likelyUser, &cells)
    var pending = Pending(offset: offset, user: user)
    pending.fieldsByteCount = UInt16(end - start)
    cells.blocks.pending(checkout).initialize(to: pending)
    bucket.pointee.checkouts.append(offset: offset, reference: checkout)
    pendingCount &+= 1
    if isEarly { answerEarly(checkout, at: time) }
    remember(checkout, of: user, at: time)
  }
}
