extension FirstClick {
  /// From this length on a chain has landmarks, one per so many clicks, to be searched by time.
  static var longChain: UInt32 { 64 }

  /// Notes every `longChain`-th click that is appended to a long chain.
  mutating func markChain(_ user: UnsafeMutablePointer<User>, at cell: UInt32) {
    if user.pointee.landmarks == 0 { user.pointee.landmarks = timelines.make() }
    let landmarks = user.pointee.landmarks
    timelines[landmarks].unmarked += 1
    if timelines[landmarks].isEmpty || timelines[landmarks].unmarked >= Int(Self.longChain) {
      timelines[landmarks].insert(cell, at: cells.time(of: cell))
      timelines[landmarks].unmarked = 0
    }
  }

  /// Keeps the landmarks true when the head leaves the chain.
  mutating func unmarkHead(_ user: UnsafeMutablePointer<User>, _ head: UInt32) {
    let landmarks = user.pointee.landmarks
    if timelines[landmarks].first?.reference == head {
      timelines[landmarks].removeEarliest(head)
    }
    if user.pointee.head == 0 {
      timelines.remove(landmarks)
      user.pointee.landmarks = 0
    }
  }

  /// The last landmark before `time`, or 0.
  private func landmark(before time: Int64, of user: UnsafeMutablePointer<User>) -> UInt32 {
    let landmarks = user.pointee.landmarks
    guard landmarks != 0 else { return 0 }
    let place = timelines[landmarks].place(of: time)
    return place == 0 ? 0 : timelines[landmarks][place - 1].reference
  }

  /// The first click of the chain at or after `time`, and the number of clicks stepped over (at
  /// least, where landmarks were used).
  func firstChained(
    from time: Int64,
    of user: UnsafeMutablePointer<User>
  ) -> (cell: UInt32, skipped: UInt32) {
    var cell = landmark(before: time, of: user)
    if cell == 0 { cell = user.pointee.head }
    var skipped: UInt32 = 0
    while cell != 0 && cells.time(of: cell) < time {
      cell = cells.click(cell).pointee.next
      skipped &+= 1
    }
    return (cell, skipped)
  }

  /// Puts a late click between its neighbours in the chain.
  mutating func insertIntoChain(_ cell: UInt32, of number: UInt32, at time: Int64) {
    let user = users[number]
    var before = landmark(before: time, of: user)
    var after = before == 0 ? user.pointee.head : cells.click(before).pointee.next
    while after != 0 && cells.precedes(after, cell) {
      before = after
      after = cells.click(after).pointee.next
    }
    cells.click(cell).pointee.next = after
    if before == 0 {
      user.pointee.head = cell
    } else {
      cells.click(before).pointee.next = cell
    }
    if after == 0 { user.pointee.tail = cell }
    user.pointee.count &+= 1
  }
}
