internal import CScan
internal import Events

/// Waiting for memory in parallel: a block of records asks for all that it will touch, step by step.
extension FirstClick {
  /// Hashes a block of clicks and asks for what they will be looked up in.
  @inline(__always)
  func prefetchState(_ records: UnsafePointer<ClickRecord>, _ count: Int) {
    for index in 0..<count {
      let keys = ClickKeys(of: records + index, hash, cells.blocks.patterns)
      clickKeys[index].initialize(to: keys)
      users.prefetchLine(of: keys.user)
      clickIDs.prefetchLine(of: keys.id.hash)
    }
    for index in 0..<count {
      let keys = clickKeys[index]
      keys.pointee.product = ClickKeys.productFields(records + index).key(hash)
      keys.pointee.origin = ClickKeys.originFields(records + index).key(hash)
      products.prefetchLine(of: keys.pointee.product)
      origins.prefetchLine(of: keys.pointee.origin)
    }
    for index in 0..<count {
      let keys = clickKeys[index]
      clickIDs.prefetchNextLine(of: keys.pointee.id.hash)
      keys.pointee.likelyUser = users.likelyUser(keys.pointee.user)
      keys.pointee.likelyProduct = products.likelyRun(keys.pointee.product)
      keys.pointee.likelyOrigin = origins.likelyRun(keys.pointee.origin)
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
      checkoutIDs.prefetchLine(of: keys.id.hash)
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
}
