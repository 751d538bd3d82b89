internal import CScan
internal import Dataflow
internal import Events

extension FirstClick {
  /// Hashes a block of clicks and asks for all the memory they will touch, step by step.
  @inline(__always)
  func prefetchState(_ records: UnsafePointer<ClickRecord>, _ count: Int) {
    for index in 0..<count {
      let keys = ClickKeys(of: records + index, hash, cells.blocks.patterns)
      clickKeys[index].initialize(to: keys)
      users.prefetchLine(of: keys.user)
      clickIDs.prefetchLines(of: keys.id)
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
      let keys = CheckoutKeys(of: records + index, hash, cells.blocks.patterns)
      checkoutKeys[index].initialize(to: keys)
      users.prefetchLine(of: keys.user)
      checkoutIDs.prefetchLines(of: keys.id)
    }
    for index in 0..<count {
      checkoutKeys[index].pointee.likelyUser = users.likelyUser(checkoutKeys[index].pointee.user)
    }
    guard isEarly else { return }
    for index in 0..<count {
      let user = checkoutKeys[index].pointee.likelyUser
      guard user != 0 else { continue }
      prefetch(cells.blocks.pointer(users[user].pointee.head))
      prefetch(cells.blocks.header(of: users[user].pointee.head))
    }
  }

  /// Takes one click into the state and says what it is.
  @inline(__always)
  mutating func take(
    _ record: UnsafePointer<ClickRecord>,
    _ keys: UnsafePointer<ClickKeys>,
    _ verdict: Verdict
  ) -> Verdict {
    let time = record.pointee.time.microseconds
    if verdict != .onTime {
      if verdict == .duplicate { return .duplicate }
      if time < dedupeStart { return .lateUnchecked }
    }
    let id = keys.pointee.packedID
    let text = UnsafeRawPointer(record.pointee.message) + record.pointee.eventID.start
    let place: IDIndex.Place
    switch clickIDs.find(
      id,
      text,
      keys.pointee.id,
      at: time,
      since: matchStart,
      in: buckets,
      cells.blocks,
      hash
    ) {
    case .place(let free): place = free
    case .cell(let other): return cells.blocks.time(of: other) == time ? .duplicate : .resent
    }
    // What was dropped only serves to recognise duplicates.
    let joins =
      (verdict == .onTime || verdict == .late && rule.latePolicy == .restate) && time >= joinStart
    let bucket = buckets.bucket(of: time)
    let cell = addCell(
      id,
      text,
      at: time,
      Click.byteCount(idCode: id.code),
      0,
      Click.idOffset,
      bucket
    )
    clickIDs.put(
      cell,
      keys.pointee.id,
      at: place,
      bucket: bucket.pointee.number,
      chunk: bucket.pointee.cells.count &- 1
    )
    clickCount &+= 1
    if joins {
      join(cell, record, keys, bucket)
    } else {
      fill(cell, user: 0, product: 0, origin: 0)
    }
    return verdict == .expired ? .lateUnchecked : verdict
  }

  /// Takes one checkout into the state and says what it is.
  @inline(__always)
  mutating func take(
    _ record: UnsafePointer<CheckoutRecord>,
    _ keys: UnsafePointer<CheckoutKeys>,
    _ verdict: Verdict
  ) -> Verdict {
    let time = record.pointee.time.microseconds
    if verdict != .onTime {
      if verdict == .duplicate { return .duplicate }
      if time < dedupeStart { return .lateUnchecked }
    }
    let id = keys.pointee.packedID
    let text = UnsafeRawPointer(record.pointee.message) + record.pointee.eventID.start
    let place: IDIndex.Place
    switch checkoutIDs.find(
      id,
      text,
      keys.pointee.id,
      at: time,
      since: matchStart,
      in: buckets,
      cells.blocks,
      hash
    ) {
    case .place(let free): place = free
    case .cell(let other): return cells.blocks.time(of: other) == time ? .duplicate : .resent
    }
    let bucket = buckets.bucket(of: time)
    let cell = addCell(
      id,
      text,
      at: time,
      CheckoutID.byteCount(idCode: id.code),
      CheckoutID.flag,
      CheckoutID.idOffset,
      bucket
    )
    checkoutIDs.put(
      cell,
      keys.pointee.id,
      at: place,
      bucket: bucket.pointee.number,
      chunk: bucket.pointee.cells.count &- 1
    )
    if verdict == .onTime && time >= frontier.microseconds { wait(record, keys, bucket) }
    return verdict == .expired ? .lateUnchecked : verdict
  }

  /// Keeps an id, for as long as its bucket is in state.
  @inline(__always)
  private mutating func addCell(
    _ id: PackedID,
    _ text: UnsafeRawPointer,
    at time: Int64,
    _ byteCount: Int,
    _ flag: UInt32,
    _ idOffset: Int,
    _ bucket: UnsafeMutablePointer<Buckets.Bucket>
  ) -> UInt32 {
    let cell = cells.allocate(
      byteCount,
      in: &bucket.pointee.cells,
      baseTime: bucket.pointee.start
    )
    let memory = cells.blocks.pointer(cell)
    memory.storeBytes(
      of: bucket.pointee.offset(of: time) << 8 | flag | id.code,
      as: UInt32.self
    )
    id.write(text, to: memory + idOffset)
    return cell
  }

  // MARK: Clicks

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
      bucket.pointee.clicks.append(offset: offset, reference: cell, &cells)
      if isEarly { noteWaiting(cell, of: user, at: time) }
      users[user].pointee.waitingCount &+= 1
    } else {
      insertIntoChain(cell, of: user, at: time)
    }
    if isEarly { revise(user, by: cell, at: time) }
  }

  // MARK: Checkouts

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
    var pending = Pending(offset: offset, user: user)
    pending.fieldsByteCount = UInt16(end - start)
    cells.blocks.pending(checkout).initialize(to: pending)
    bucket.pointee.checkouts.append(offset: offset, reference: checkout, &cells)
    pendingCount &+= 1
    if isEarly { answerEarly(checkout, at: time) }
    remember(checkout, of: user, at: time)
  }
}
