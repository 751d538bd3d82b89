internal import Dataflow
internal import Events

extension FirstClick {
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
    let message = record.pointee.message
    // What is written behind a text, the time and the amount take.
    end += CopyField.writeVectors(text: record.pointee.eventID, of: message, to: end)
    end += CopyField.writeVectors(text: record.pointee.userID, of: message, to: end)
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
