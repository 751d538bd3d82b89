/// Places in the chains of the few users who have many clicks, to search them by time.
///
/// One click in 64 is a landmark, chosen by its reference, so that neither appending to a chain nor
/// taking its head off has to look here for the others.
struct Landmarks: ~Copyable {
  private var byUser: [UInt32: TimeIndex] = [:]

  /// From this length on a chain has landmarks.
  static var longChain: UInt32 { 64 }

  var allocatedBytes: Int { byUser.values.reduce(byUser.capacity * 32) { $0 + $1.allocatedBytes } }

  /// Fibonacci hashing: of references at equal distances, too, one in 64.
  @inline(__always) static func isLandmark(_ cell: UInt32) -> Bool {
    (cell &* 0x9E37_79B1) >> 26 == 0
  }

  /// Notes a landmark that was appended to a long chain.
  mutating func append(_ cell: UInt32, of user: UInt32, at time: Int64) {
    byUser[user, default: TimeIndex()].insert(cell, at: time)
  }

  /// Forgets a landmark, if it was one, that leaves its chain at the head.
  mutating func remove(head cell: UInt32, of user: UInt32) {
    guard byUser[user]?.first?.reference == cell else { return }
    byUser[user]?.removeEarliest(cell)
    if byUser[user]?.isEmpty == true { byUser[user] = nil }
  }

  /// The last landmark before `time`, or 0.
  func last(before time: Int64, of user: UInt32) -> UInt32 {
    guard let landmarks = byUser[user] else { return 0 }
    let place = landmarks.place(of: time)
    return place == 0 ? 0 : landmarks[place - 1].reference
  }
}
