internal import CScan
internal import Dataflow
internal import Events

extension FirstClick {
  /// Hashes a block of clicks and asks for all the memory they will touch, step by step.
  @inline(__always)
  func prefetchState(_ records: UnsafePointer<ClickRecord>, _ count: Int) {
    for index in 0..<count {
      let record = records + index
      prefetchMessage(records, after: index, count)
      identify(record, index, in: clickIDs)
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
      prefetchMessage(records, after: index, count)
      identify(record, index, in: checkoutIDs)
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
  @inline(__always)
  private func identify<Record: EventRecord>(
    _ record: UnsafePointer<Record>,
    _ index: Int,
    in ids: borrowing IDIndex
  ) {
    let time = record.pointee.time.microseconds
    let identity = Identity(
      UnsafeRawPointer(record.pointee.message) + record.pointee.eventID.start,
      record.pointee.eventID.count,
      at: time,
      known: knownTimes(for: time),
      hash,
      cells.blocks.patterns
    )
    identities[index].initialize(to: identity)
    ids.prefetchLine(of: identity.key)
  }

  /// The times under which the id of a record of this time may be in state already.
  ///
  /// A rebuild only takes for duplicates what has the same time: it does not know what was in the
  /// state when the record was read first, and is told of the others.
  @inline(__always) private func knownTimes(for time: Int64) -> ClosedRange<Int64> {
    rebuildTarget == nil ? dedupeStart...Int64.max : time...time
  }

  /// Keeps the ids of a block that are new, and settles the verdicts.
  ///
  /// Where an event is older than `dedupeStart` and its id is not in state, only the stored rows
  /// know whether it is new.
  @inline(__always)
  static func admit(
    _ identities: borrowing Block<Identity>,
    _ count: Int,
    _ verdicts: UnsafeMutablePointer<Verdict>,
    _ dedupeStart: Int64,
    _ ids: inout IDIndex,
    _ cells: inout ChunkArena,
    _ buckets: inout Buckets
  ) {
    for index in 0..<count { ids.prefetchNextLine(of: identities[index].pointee.key) }
    for index in 0..<count {
      let identity = identities[index]
      let verdict = verdicts[index]
      if verdict == .duplicate { continue }
      let place: IDIndex.Place
      switch ids.find(identity.pointee, in: buckets) {
      case .place(let free): place = free
      case .cell(let other):
        let isSame = cells.blocks.time(of: other) == identity.pointee.time
        verdicts[index] = isSame ? .duplicate : .resent
        continue
      }
      if verdict != .onTime {
        if verdict == .expired { verdicts[index] = .lateUnchecked }
        if identity.pointee.time < dedupeStart {
          verdicts[index] = .lateUnchecked
          continue
        }
      }
      let bucket = buckets.bucket(of: identity.pointee.time)
      let cell = cells.addCell(of: identity.pointee, ids.kind, in: bucket)
      ids.put(cell, identity.pointee.key, at: place, in: bucket)
      identity.pointee.cell = cell
      identity.pointee.bucket = bucket
    }
  }

  // MARK: Clicks

  /// Lets the clicks of a block that are new count.
  @inline(__always)
  mutating func join(
    _ records: UnsafePointer<ClickRecord>,
    _ verdicts: UnsafePointer<Verdict>,
    _ count: Int
  ) {
    let restates = rule.latePolicy == .restate
    for index in 0..<count {
      let identity = identities[index]
      guard let bucket = identity.pointee.bucket else { continue }
      clickCount &+= 1
      let verdict = verdicts[index]
      let counts = verdict == .onTime || verdict == .late && restates
      if counts && identity.pointee.time >= joinStart {
        join(identity.pointee.cell, records + index, clickKeys[index], bucket)
      } else {
        // It only serves to recognise duplicates.
        fill(identity.pointee.cell, user: 0, product: 0, origin: 0)
      }
    }
  }

  @inline(__always)
  private func fill(_ cell: UInt32, user: UInt32, product: UInt32, origin: UInt32) {
    let click = cells.blocks.click(cell)
    click.pointee.next = 0
    click.pointee.user = user
    click.pointee.product = product
    click.pointee.origin = origin
  }

  /// Lets a click count: on time it waits in its bucket, late it goes to its place in the chain.
  @inline(__always)
  private mutating func join(
    _ cell: UInt32,
    _ record: UnsafePointer<ClickRecord>,
    _ keys: UnsafePointer<ClickKeys>,
    _ bucket: UnsafeMutablePointer<Buckets.Bucket>
  ) {
    let number = bucket.pointee.number
    let user = users.user(keys.pointee.user, likely: keys.pointee.likelyUser, &cells)
    fill(
      cell,
      user: user,
      product: products.intern(
        ClickKeys.productFields(record),
        keys.pointee.product,
        bucket: number,
        &cells
      ),
      origin: origins.intern(
        ClickKeys.originFields(record),
        keys.pointee.origin,
        bucket: number,
        &cells
      )
    )
    let time = record.pointee.time.microseconds
    if time >= frontier.microseconds {
      let offset = bucket.pointee.offset(of: time)
      bucket.pointee.clicks.append(Waiting(offset: offset, cell: cell, user: user), &cells)
      if isEarly { noteWaiting(cell, of: user, at: time) }
      users[user].pointee.waitingCount &+= 1
    } else {
      insertIntoChain(cell, of: user, at: time)
    }
    if isEarly { revise(user, by: cell, at: time) }
  }

  // MARK: Checkouts

  /// Lets the checkouts of a block that are new and on time wait.
  @inline(__always)
  mutating func wait(
    _ records: UnsafePointer<CheckoutRecord>,
    _ verdicts: UnsafePointer<Verdict>,
    _ count: Int
  ) {
    for index in 0..<count {
      let identity = identities[index]
      guard let bucket = identity.pointee.bucket, verdicts[index] == .onTime,
        identity.pointee.time >= frontier.microseconds
      else { continue }
      wait(records + index, checkoutKeys[index], bucket)
    }
  }

  /// Lets a checkout wait in its bucket until it is final.
  @inline(__always)
  private mutating func wait(
    _ record: UnsafePointer<CheckoutRecord>,
    _ keys: UnsafePointer<CheckoutKeys>,
    _ bucket: UnsafeMutablePointer<Buckets.Bucket>
  ) {
    let time = record.pointee.time.microseconds
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
    var pending = Pending(time: time)
    pending.fieldsByteCount = UInt16(end - start)
    cells.blocks.pending(checkout).initialize(to: pending)
    bucket.pointee.checkouts.append(Waiting(offset: offset, cell: checkout, user: user), &cells)
    pendingCount &+= 1
    if isEarly { answerEarly(checkout, of: user, at: time) }
    remember(checkout, of: user, at: time)
  }
}
