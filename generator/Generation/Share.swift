/// Picks a share of a sequence: of n calls, n x share +- 1 answer true, at random places.
///
/// One place is drawn in each stretch of 1 / share calls, so that a call costs a comparison and the
/// share is exact even in short runs.
struct Share {
  private let stretch: Double
  private var random: RandomNumbers
  private var calls = 0
  private var picked = 0
  private var nextPick: Int

  /// Picks `share`, in 0...1, of the calls.
  init(_ share: Double, random: RandomNumbers) {
    precondition((0...1).contains(share), "share \(share)")
    stretch = share > 0 ? 1 / share : .infinity
    self.random = random
    nextPick = .max
    drawPick()
  }

  /// Whether the next one is among the share.
  @inline(__always)
  mutating func next() -> Bool {
    calls &+= 1
    guard calls > nextPick else { return false }
    picked += 1
    drawPick()
    return true
  }

  private mutating func drawPick() {
    guard stretch < 0x1p52 else { return }
    let place = (Double(picked) + random.unit()) * stretch
    nextPick = place < 0x1p62 ? Int(place) : .max
  }
}
