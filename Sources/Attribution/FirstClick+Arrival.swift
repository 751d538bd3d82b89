internal import CScan
internal import Dataflow
internal import Events

extension FirstClick {
  /// Hashes a block of clicks and asks for all the memory they will touch, step by step.
  @inline(__always)
  func prefetchState(_ records: UnsafePointer<ClickRecord>, _ count: Int) {
    for index in 0..<count {
      let keys = ClickKeys(of: records + index, hash)
      clickKeys[index] = keys
      clickIDs.prefetchSlot(of: keys.id)
      users.prefetchSlot(of: keys.user)
      products.prefetchSlot(of: keys.product)
      origins.prefetchSlot(of: keys.origin)
    }
    for index in 0..<count {
      let keys = clickKeys[index]
      clickKeys[index].likelyUser = users.likelyUser(keys.user)
      clickKeys[index].likelyProduct = products.likelyRun(of: keys.product)
      clickKeys[index].likelyOrigin = origins.likelyRun(of: keys.origin)
    }
    for index in 0..<count {
      products.prefetchBytes(of: clickKeys[index].likelyProduct)
      if isEarly { prefetchPending(of: clickKeys[index].likelyUser) }
    }
  }

  /// As above, for checkouts.
  @inline(__always)
  func prefetchState(_ records: UnsafePointer<CheckoutRecord>, _ count: Int) {
    for index in 0..<count {
      let keys = CheckoutKeys(of: records + index, hash)
      checkoutKeys[index] = keys
      checkoutIDs.prefetchSlot(of: keys.id)
      users.prefetchSlot(of: keys.user)
    }
    for index in 0..<count {
      checkoutKeys[index].likelyUser = users.likelyUser(checkoutKeys[index].user)
    }
    guard isEarly else { return }
    for index in 0..<count {
      let user = checkoutKeys[index].likelyUser
      guard user != 0 else { continue }
      prefetch(cells.pointer(users[user].pointee.head))
      prefetch(cells.header(of: users[user].pointee.head))
    }
  }

  /// Takes one click into the state and says what it is.
  @inline(__always)
  mutating func take(
    _ record: UnsafePointer<ClickRecord>,
    _ keys: ClickKeys,
    _ verdict: Verdict
  ) -> Verdict {
    let time = record.pointee.time.microseconds
    if verdict != .onTime && time < dedupeStart { return .lateUnchecked }
    let id = Self.id(record.pointee.message, record.pointee.eventID)
    let start = dedupeStart
    let seen = clickIDs.find(keys.id) {
      Self.holds(cells.clickID($0), id) && cells.time(of: $0) >= start
    }
    if seen != 0 { return .duplicate }

    // A rebuild meets what has left the window already, and what was dropped: they only serve to
    // recognise duplicates.
    let joins =
      (verdict == .onTime || verdict == .late && rule.latePolicy == .restate)
      && (rebuildTarget == nil || time >= frontier.microseconds)
    let bucket = buckets.bucket(of: time)
    let cell = addCell(
      Click(
        offset: buckets.offset(of: time),
        user: joins ? users.retain(keys.user, likely: keys.likelyUser) : 0,
        product: joins
          ? products.intern(
            ClickKeys.productFields(record),
            of: record.pointee.message,
            tag: keys.product,
            likely: keys.likelyProduct
          )
          : 0,
        origin: joins
          ? origins.intern(
            ClickKeys.originFields(record),
            of: record.pointee.message,
            tag: keys.origin,
            likely: keys.likelyOrigin
          )
          : 0,
        idLength: UInt8(id.count)
      ),
      id,
      bucket
    )
    clickIDs.insert(keys.id, cell)
    if joins { join(cell, at: time, bucket) }
    return verdict == .expired ? .lateUnchecked : verdict
  }

  /// Takes one checkout into the state and says what it is.
  @inline(__always)
  mutating func take(
    _ record: UnsafePointer<CheckoutRecord>,
    _ keys: CheckoutKeys,
    _ verdict: Verdict
  ) -> Verdict {
    let time = record.pointee.time.microseconds
    if verdict != .onTime && time < dedupeStart { return .lateUnchecked }
    let id = Self.id(record.pointee.message, record.pointee.eventID)
    let start = dedupeStart
    let seen = checkoutIDs.find(keys.id) {
      Self.holds(cells.checkoutID($0), id) && cells.time(of: $0) >= start
    }
    if seen != 0 { return .duplicate }

    let bucket = buckets.bucket(of: time)
    let cell = cells.allocate(
      CheckoutID.byteCount(idLength: id.count),
      in: &buckets[bucket].pointee.cells,
      baseTime: buckets.firstTime(of: buckets.number(of: time))
    )
    let header = CheckoutID(
      offset: buckets.offset(of: time) | CheckoutID.flag,
      idLength: UInt8(id.count)
    )
    cells.pointer(cell).initializeMemory(as: CheckoutID.self, to: header)
    (cells.pointer(cell) + CheckoutID.idOffset).copySmall(from: id)
    checkoutIDs.insert(keys.id, cell)
    if verdict == .onTime && time >= frontier.microseconds { wait(record, keys, bucket) }
    return verdict == .expired ? .lateUnchecked : verdict
  }

  // MARK: Clicks

  @inline(__always)
  private mutating func addCell(
    _ click: Click,
    _ id: UnsafeRawBufferPointer,
    _ bucket: UInt32
  ) -> UInt32 {
    clickCount &+= 1
    let cell = cells.allocate(
      Click.byteCount(idLength: id.count),
      in: &buckets[bucket].pointee.cells,
      baseTime: buckets.firstTime(of: buckets[bucket].pointee.number)
    )
    cells.click(cell).initialize(to: click)
    (cells.pointer(cell) + Click.idOffset).copySmall(from: id)
    return cell
  }

  /// Lets a click count: on time it waits in its bucket, late it goes to its place in the chain.
  @inline(__always)
  private mutating func join(_ cell: UInt32, at time: Int64, _ bucket: UInt32) {
    let click = cells.click(cell).pointee
    if time >= frontier.microseconds {
      buckets[bucket].pointee.clicks.append(offset: click.offset, reference: cell)
      if isEarly { noteBucketed(cell, of: click.user, at: time) }
    } else {
      insertIntoChain(cell, of: click.user, at: time)
    }
    if isEarly { revise(click.user, by: cell, at: time) }
  }

  // MARK: Checkouts

  /// Lets a checkout wait in its bucket until it is final.
  @inline(__always)
  private mutating func wait(
    _ record: UnsafePointer<CheckoutRecord>,
    _ keys: CheckoutKeys,
    _ bucket: UInt32
  ) {
    let time = record.pointee.time.microseconds
    let fields =
      8 + record.pointee.eventID.count + record.pointee.userID.count
      + CopyField.timestampByteCount + CopyField.maximumMoneyByteCount
    let checkout = pendingCells.allocate(
      Pending.byteCount(fields: fields),
      in: &buckets[bucket].pointee.pending,
      baseTime: buckets.firstTime(of: buckets[bucket].pointee.number)
    )
    let start = pendingCells.pointer(checkout) + Pending.fieldsOffset
    var end = start
    end += CopyField.write(text: record.pointee.eventID, of: record.pointee.message, to: end)
    end += CopyField.write(text: record.pointee.userID, of: record.pointee.message, to: end)
    end += CopyField.write(timestamp: record.pointee.time, to: end)
    end += CopyField.write(money: record.pointee.totalAmount, to: end)
    var pending = Pending(time: time, user: users.retain(keys.user, likely: keys.likelyUser))
    pending.fieldsByteCount = UInt16(end - start)
    pendingCells.pending(checkout).initialize(to: pending)
    buckets[bucket].pointee.checkouts.append(
      offset: buckets.offset(of: time),
      reference: checkout
    )
    pendingCount &+= 1
    if isEarly { answerEarly(checkout) }
  }

  @inline(__always)
  private static func id(
    _ message: UnsafeMutableRawPointer,
    _ slice: ByteSlice
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: message + slice.start, count: slice.count)
  }

  @inline(__always)
  private static func holds(_ cell: UnsafeRawBufferPointer, _ id: UnsafeRawBufferPointer) -> Bool {
    guard cell.count == id.count else { return false }
    guard let left = cell.baseAddress, let right = id.baseAddress else { return true }
    return left.holdsSameBytes(as: right, count: id.count)
  }
}

extension UnsafeMutableRawPointer {
  /// Copies a short string without calling `memcpy`.
  @inline(__always) func copySmall(from bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    let count = bytes.count
    if count >= 8 {
      var offset = 0
      while offset &+ 8 < count {
        storeBytes(of: source.word(at: offset), toByteOffset: offset, as: UInt64.self)
        offset &+= 8
      }
      storeBytes(
        of: source.word(at: count &- 8),
        toByteOffset: count &- 8,
        as: UInt64.self
      )
    } else {
      for offset in 0..<count {
        storeBytes(of: source.byte(at: offset), toByteOffset: offset, as: UInt8.self)
      }
    }
  }
}
