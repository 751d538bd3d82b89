/// One session of a user in the shop: what its next click or checkout is made from.
struct Journey: BitwiseCopyable {
  let user: UInt32
  let session: UInt64
  let origin: UInt8
  /// How many of `basket` are filled.
  private(set) var basketCount: UInt8 = 0
  private var clickCount: UInt32 = 0
  /// The last products clicked, for the checkout.
  private(set) var basket = SIMD4<UInt32>()

  init(user: UInt32, session: UInt64, origin: UInt8) {
    self.user = user
    self.session = session
    self.origin = origin
  }

  /// Remembers a clicked product; the fifth takes the place of the first.
  @inline(__always)
  mutating func remember(_ product: UInt32) {
    basket[Int(clickCount & 3)] = product
    clickCount &+= 1
    basketCount = UInt8(truncatingIfNeeded: min(clickCount, 4))
  }
}
