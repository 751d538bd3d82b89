internal import CScan

extension FirstClick {
  /// Appends a click that is replayed to its user's chain.
  @inline(__always) mutating func append(_ click: Waiting) {
    let blocks = cells.blocks
    let (cell, number) = (click.cell, click.user)
    let user = users[number]
    if user.pointee.tail == 0 {
      user.pointee.head = cell
    } else {
      blocks.click(user.pointee.tail).pointee.next = cell
    }
    user.pointee.tail = cell
    user.pointee.count &+= 1
    user.pointee.waitingCount &-= 1
    if user.pointee.firstWaiting == cell { user.pointee.firstWaiting = 0 }
    if user.pointee.count >= Landmarks.longChain && Landmarks.isLandmark(cell) {
      landmarks.append(cell, of: number, at: blocks.time(of: cell))
    }
  }

  /// Takes the first click off a chain, which is not empty.
  @inline(__always) mutating func popHead(of number: UInt32) {
    let user = users[number]
    let head = user.pointee.head
    user.pointee.head = cells.blocks.click(head).pointee.next
    user.pointee.count &-= 1
    if user.pointee.head == 0 { user.pointee.tail = 0 }
    if Landmarks.isLandmark(head) { landmarks.remove(head: head, of: number) }
  }

  /// The first click of the chain at or after `time`, and the number of clicks stepped over (at
  /// least, where landmarks were used).
  ///
  /// Changes nothing: `mutating`, as Swift 6.3 copies the whole operator, a kilobyte, to lend it to
  /// a function that is neither that nor inlined.
  mutating func firstChained(from time: Int64, of number: UInt32) -> (cell: UInt32, skipped: UInt32)
  {
    let blocks = cells.blocks
    var cell = users[number].pointee.head
    if cell == 0 || blocks.time(of: cell) >= time { return (cell, 0) }
    cell = landmark(before: time, of: number, else: cell)
    var skipped: UInt32 = 0
    while cell != 0 && blocks.time(of: cell) < time {
      cell = blocks.click(cell).pointee.next
      skipped &+= 1
    }
    return (cell, skipped)
  }

  /// Puts a late click between its neighbours in the chain.
  mutating func insertIntoChain(_ cell: UInt32, of number: UInt32, at time: Int64) {
    let blocks = cells.blocks
    let user = users[number]
    var before = landmark(before: time, of: number, else: 0)
    var after = before == 0 ? user.pointee.head : blocks.click(before).pointee.next
    while after != 0 && blocks.precedes(after, cell) {
      before = after
      after = blocks.click(after).pointee.next
    }
    blocks.click(cell).pointee.next = after
    if before == 0 {
      user.pointee.head = cell
    } else {
      blocks.click(before).pointee.next = cell
    }
    if after == 0 { user.pointee.tail = cell }
    user.pointee.count &+= 1
  }

  private func landmark(before time: Int64, of number: UInt32, else cell: UInt32) -> UInt32 {
    guard users[number].pointee.count >= Landmarks.longChain else { return cell }
    let landmark = landmarks.last(before: time, of: number)
    return landmark == 0 ? cell : landmark
  }
}
